package dev.embark.job.input;

import dev.embark.job.input.TextFault.Kind;
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
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.execution.datasources.CodecStreams;

/**
 * Reads a text file, or a part of one, in the bytes that it has: what Spark's readers replace or
 * merge cannot be seen in the rows that they give. Takes constant memory.
 *
 * @param file position of the file among those of the input
 * @param path of the file; compressed if its extension says so
 * @param from the first byte
 * @param to the byte behind the last; {@link #WHOLE} for all bytes, decompressed
 * @param charset that the file is written in
 * @param csv null for what is no CSV
 */
record TextFileScan(int file, String path, long from, long to, String charset, CsvDialect csv)
    implements Serializable {
  static final long WHOLE = -1;

  /**
   * An encoding that the first bytes of a file tell, as Spark's reader of whole JSON files does.
   */
  static final String DETECTED = "UTF-8 or UTF-16";

  private static final int BUFFER = 1 << 16; // bytes, and characters
  private static final int MOST_CONTINUATION_BYTES = 3; // of a character in UTF-8
  private static final byte[] UTF_8_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  /**
   * What was found.
   *
   * @param scan of which
   * @param lines that end in it
   * @param fault null if there is none
   * @param header of CSV, empty without
   */
  record Result(TextFileScan scan, long lines, TextFault fault, String header) {
    /** Returns the same for the way from a task: not every serializer of Spark knows records. */
    Row toRow() {
      return fault == null
          ? RowFactory.create(lines, header, null, 0L, 0, 0)
          : RowFactory.create(
              lines, header, fault.kind().name(), fault.line(), fault.found(), fault.expected());
    }

    static Result of(TextFileScan scan, Row row) {
      TextFault fault =
          row.isNullAt(2)
              ? null
              : new TextFault(
                  Kind.valueOf(row.getString(2)), row.getLong(3), row.getInt(4), row.getInt(5));
      return new Result(scan, row.getLong(0), fault, row.getString(1));
    }
  }

  /**
   * Reads.
   *
   * @throws IOException if the file cannot be read
   */
  Result run(Configuration conf) throws IOException {
    Path file = new Path(path);
    if (to == WHOLE) {
      try (InputStream in = CodecStreams.createInputStreamWithCloseResource(conf, file)) {
        return new Reading(in).result();
      }
    }
    try (FSDataInputStream in = file.getFileSystem(conf).open(file)) {
      long begin = characterAt(in, from);
      long end = characterAt(in, to);
      in.seek(begin);
      return new Reading(new Limited(in, end - begin)).result();
    }
  }

  /** Where the first character of UTF-8 begins that does not begin before an offset. */
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

  /** The next bytes of a stream, which it does not close. */
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

  /** One pass over the bytes. */
  private final class Reading {
    private final InputStream in;
    private final CharsetDecoder decoder;
    private final CsvScanner scanner;
    private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER);
    private final CharBuffer chars = CharBuffer.allocate(BUFFER);
    private long lines;
    private final TextFault headFault; // null if there is none
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
      this.scanner = csv == null ? null : new CsvScanner(csv);
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

    /** Takes what was decoded. */
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
