package dev.embark.job.input;

import dev.embark.job.input.TextFault.Kind;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.sql.execution.datasources.CodecStreams;

/**
 * Scan of the raw bytes of a text file or part of one, because faults that Spark's readers replace
 * or merge are invisible in their rows. Uses constant memory.
 *
 * @param file index of the file in the input
 * @param path path of the file; compression is inferred from its extension
 * @param from offset of the first byte
 * @param to offset after the last byte; {@link #WHOLE} for all bytes, decompressed
 * @param charset encoding of the file
 * @param csv dialect; null if the file is not CSV
 * @param json how many JSON documents Spark reads; null if that is not checked
 */
record TextFileScan(
    int file,
    String path,
    long from,
    long to,
    String charset,
    CsvDialect csv,
    JsonScanner.Documents json)
    implements Serializable {
  static final long WHOLE = -1;

  /**
   * Encoding detected from the first bytes of a file, as Spark's reader of whole JSON files does.
   */
  static final String DETECTED = "UTF-8 or UTF-16";

  private static final int BUFFER = 1 << 16; // size of the byte buffer and of the character buffer
  private static final int MOST_CONTINUATION_BYTES = 3; // per UTF-8 character
  private static final byte[] UTF_8_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  /**
   * Result of a scan.
   *
   * @param scan the scan
   * @param lines number of line ends in it
   * @param fault the first fault; null if there is none
   * @param header CSV header; empty if there is none
   */
  record Result(TextFileScan scan, long lines, TextFault fault, String header) {
    private static final String SEPARATOR = " ";
    private static final int FIELDS = 6;

    /** Converts the result to a text, because not every serializer of Spark supports records. */
    String toText() {
      TextFault found = fault == null ? TextFault.of(null, 0) : fault;
      return String.join(
          SEPARATOR,
          Long.toString(lines),
          fault == null ? "" : found.kind().name(),
          Long.toString(found.line()),
          Integer.toString(found.found()),
          Integer.toString(found.expected()),
          header);
    }

    static Result of(TextFileScan scan, String text) {
      String[] parts = text.split(SEPARATOR, FIELDS);
      TextFault fault =
          parts[1].isEmpty()
              ? null
              : new TextFault(
                  Kind.valueOf(parts[1]),
                  Long.parseLong(parts[2]),
                  Integer.parseInt(parts[3]),
                  Integer.parseInt(parts[4]));
      return new Result(scan, Long.parseLong(parts[0]), fault, parts[5]);
    }
  }

  /**
   * Scans the file.
   *
   * @throws IOException naming the file, if it is not readable
   */
  Result run(Configuration conf) throws IOException {
    try {
      return scanned(conf);
    } catch (IOException e) {
      String reason = String.valueOf(e.getMessage());
      throw new IOException(reason.contains(path) ? reason : path + ": " + reason);
    }
  }

  /**
   * Returns whether the first line of a JSON file ends within its document. Reads the head only.
   *
   * @throws IOException if the file is not readable
   */
  static boolean isJsonOverLines(Path file, String charset, Configuration conf) throws IOException {
    TextFileScan head =
        new TextFileScan(
            0, file.toString(), 0, WHOLE, charset, null, JsonScanner.Documents.ONE_PER_LINE);
    try (InputStream in = CodecStreams.createInputStreamWithCloseResource(conf, file)) {
      TextFault fault =
          head.new Reading(new ByteArrayInputStream(in.readNBytes(BUFFER))).result().fault();
      return fault != null && fault.kind() == Kind.OVER_LINES;
    }
  }

  private Result scanned(Configuration conf) throws IOException {
    Path file = new Path(path);
    if (to == WHOLE) {
      try (InputStream in = CodecStreams.createInputStreamWithCloseResource(conf, file)) {
        return new Reading(in).result();
      }
    }
    try (FSDataInputStream in = file.getFileSystem(conf).open(file)) {
      long begin = startAt(in, from);
      long end = startAt(in, to);
      in.seek(begin);
      return new Reading(new Limited(in, end - begin)).result();
    }
  }

  /** Returns the offset at which a part starts: of a line for JSON, else of a character. */
  private long startAt(FSDataInputStream in, long offset) throws IOException {
    return json == null ? characterAt(in, offset) : lineAt(in, offset);
  }

  /** Returns the offset of the first line that starts at or after an offset. */
  private static long lineAt(FSDataInputStream in, long offset) throws IOException {
    if (offset == 0) {
      return 0;
    }
    in.seek(offset - 1);
    BufferedInputStream bytes = new BufferedInputStream(in);
    long at = offset - 1;
    int next;
    do {
      next = bytes.read();
      at += next < 0 ? 0 : 1;
    } while (next >= 0 && next != '\n');
    return at;
  }

  /** Returns the offset of the first UTF-8 character that starts at or after an offset. */
  private static long characterAt(FSDataInputStream in, long offset) throws IOException {
    if (offset == 0) {
      return 0;
    }
    in.seek(offset);
    byte[] next = in.readNBytes(MOST_CONTINUATION_BYTES);
    int skipped = 0;
    while (skipped < next.length && (next[skipped] & 0xC0) == 0x80) {
      skipped++;
    }
    return offset + skipped;
  }

  /** A length-limited view of a stream, which it does not close. */
  private static final class Limited extends InputStream {
    private final InputStream in;
    private long left;

    Limited(InputStream in, long bytes) {
      this.in = in;
      this.left = bytes;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int n = in.read(bytes, offset, (int) Math.min(length, left));
      left -= Math.max(n, 0);
      return n;
    }
  }

  /** A single pass over the bytes. */
  private final class Reading {
    private final InputStream in;
    private final CharsetDecoder decoder;
    private final CharacterScanner scanner; // null if only bytes are checked
    private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER);
    private final CharBuffer chars = CharBuffer.allocate(BUFFER);
    private long lines;
    private final TextFault headFault; // null if the file's head has no fault
    private boolean isFirst = true;

    Reading(InputStream stream) throws IOException {
      byte[] head = stream.readNBytes(Utf16Detector.HEAD);
      this.in = new SequenceInputStream(new ByteArrayInputStream(head), stream);
      Charset read =
          charset.equals(DETECTED) ? Utf16Detector.charset(head) : Charset.forName(charset);
      this.headFault = from > 0 ? null : ofHead(head, read);
      this.decoder =
          read.newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT);
      this.scanner =
          csv != null
              ? new CsvScanner(csv)
              : json != null ? new JsonScanner(json, from <= 0) : null;
    }

    private TextFault ofHead(byte[] head, Charset read) {
      boolean isMarked =
          head.length >= UTF_8_MARK.length
              && Arrays.equals(Arrays.copyOf(head, UTF_8_MARK.length), UTF_8_MARK);
      if (isMarked && !read.equals(StandardCharsets.UTF_8)) {
        return TextFault.of(Kind.MARK_OF_UTF_8, 1);
      }
      return Utf16Detector.isWide(read) ? null : Utf16Detector.fault(head);
    }

    Result result() throws IOException {
      TextFault fault = headFault == null ? scan() : headFault;
      return new Result(TextFileScan.this, lines, fault, scanner == null ? "" : scanner.header());
    }

    private TextFault scan() throws IOException {
      boolean atEnd = false;
      while (!atEnd) {
        TaskContext task = TaskContext.get();
        if (task != null && task.isInterrupted()) {
          throw new TaskKilledException("the run was asked to end");
        }
        int n = in.read(bytes.array(), bytes.position(), bytes.remaining());
        atEnd = n < 0;
        bytes.position(bytes.position() + Math.max(n, 0)).flip();
        CoderResult decoded;
        do {
          decoded = decoder.decode(bytes, chars, atEnd);
          TextFault fault = take();
          if (fault != null) {
            return fault;
          }
        } while (decoded.isOverflow());
        if (decoded.isError()) {
          return TextFault.of(Kind.BYTES, lines + 1);
        }
        bytes.compact();
      }
      if (scanner == null) {
        return null;
      }
      scanner.end();
      return scanner.fault().orElse(null);
    }

    /** Consumes the decoded characters. */
    private TextFault take() {
      chars.flip();
      if (isFirst && chars.hasRemaining()) {
        isFirst = false;
        if (from == 0 && chars.charAt(0) == BYTE_ORDER_MARK) {
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
      return scanner == null || scanner.take(array, length) ? null : scanner.fault().orElseThrow();
    }
  }
}
