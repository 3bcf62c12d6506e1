package dev.embark.job.scan;

import dev.embark.job.scan.TextFault.Kind;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;

/** A single pass of a {@link TextFileScan} over its bytes. Owns the stream; not thread-safe. */
final class TextReading implements Closeable {
  static final int BUFFER = 1 << 16; // size of the byte buffer and of the character buffer

  private static final byte[] UTF_8_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private final TextFileScan scan;
  private final InputStream in;
  private final CharsetDecoder decoder;
  private final CharacterScanner scanner; // null if only bytes are checked
  private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER);
  private final CharBuffer chars = CharBuffer.allocate(BUFFER);
  private long lines;
  private TextFault fault; // null until a fault is found
  private boolean isFirst = true;
  private boolean isAtEnd;

  /**
   * @param stream the bytes of the scan
   * @param scanner receives the characters; null if only bytes are checked
   */
  TextReading(TextFileScan scan, InputStream stream, CharacterScanner scanner) throws IOException {
    this.scan = scan;
    this.scanner = scanner;
    byte[] head = stream.readNBytes(Utf16Detector.HEAD);
    in = new SequenceInputStream(new ByteArrayInputStream(head), stream);
    Charset read =
        scan.charset().equals(TextFileScan.DETECTED)
            ? Utf16Detector.charset(head)
            : Charset.forName(scan.charset());
    fault = scan.from() > 0 ? null : ofHead(head, read);
    decoder =
        read.newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
  }

  private static TextFault ofHead(byte[] head, Charset read) {
    boolean isMarked =
        head.length >= UTF_8_MARK.length
            && Arrays.equals(Arrays.copyOf(head, UTF_8_MARK.length), UTF_8_MARK);
    if (isMarked && !read.equals(StandardCharsets.UTF_8)) {
      return TextFault.of(Kind.MARK_OF_UTF_8, 1);
    }
    return Utf16Detector.isWide(read) ? null : Utf16Detector.fault(head);
  }

  /**
   * Scans the next bytes, at most one buffer of them.
   *
   * @return false at the end of the bytes and at a fault
   * @throws IOException naming the file, if it is not readable
   */
  boolean advance() throws IOException {
    if (fault != null || isAtEnd) {
      return false;
    }
    TaskContext task = TaskContext.get();
    if (task != null && task.isInterrupted()) {
      throw new TaskKilledException("the run was asked to end");
    }
    fill();
    CoderResult decoded;
    do {
      decoded = decoder.decode(bytes, chars, isAtEnd);
      take();
    } while (fault == null && decoded.isOverflow());
    if (fault == null && decoded.isError()) {
      fault = TextFault.of(Kind.BYTES, lines + 1);
    }
    bytes.compact();
    if (fault == null && isAtEnd && scanner != null) {
      scanner.end();
      fault = scanner.fault().orElse(null);
    }
    return fault == null && !isAtEnd;
  }

  private void fill() throws IOException {
    try {
      int n = in.read(bytes.array(), bytes.position(), bytes.remaining());
      isAtEnd = n < 0;
      bytes.position(bytes.position() + Math.max(n, 0)).flip();
    } catch (IOException e) {
      throw scan.named(e);
    }
  }

  /** Consumes the decoded characters. */
  private void take() {
    chars.flip();
    if (isFirst && chars.hasRemaining()) {
      isFirst = false;
      if (scan.from() == 0 && chars.charAt(0) == BYTE_ORDER_MARK) {
        chars.get();
        chars.compact().flip();
      }
    }
    int length = chars.limit();
    char[] array = chars.array();
    for (int i = 0; i < length; i++) {
      if (array[i] == '\n') {
        lines++;
      }
    }
    chars.clear();
    if (scanner != null && !scanner.take(array, length)) {
      fault = scanner.fault().orElseThrow();
    }
  }

  /** Returns what has been found so far. */
  TextFileScan.Result result() {
    return new TextFileScan.Result(scan, lines, fault, scanner == null ? "" : scanner.header());
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
