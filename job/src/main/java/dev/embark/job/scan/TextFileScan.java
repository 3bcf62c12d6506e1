package dev.embark.job.scan;

import dev.embark.job.scan.TextFault.Kind;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
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
public record TextFileScan(
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
  public static final String DETECTED = "UTF-8 or UTF-16";

  private static final int MOST_CONTINUATION_BYTES = 3; // per UTF-8 character

  /** Returns what distinguishes this scan from the others of an input. */
  String place() {
    return file + " " + from + " " + to + " " + path;
  }

  /** Returns the scan of the same input at another place. */
  TextFileScan at(String place) {
    String[] parts = place.split(" ", 4);
    return new TextFileScan(
        Integer.parseInt(parts[0]),
        parts[3],
        Long.parseLong(parts[1]),
        Long.parseLong(parts[2]),
        charset,
        csv,
        json);
  }

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
    try (TextReading reading = open(conf, scanner())) {
      while (reading.advance()) {}
      return reading.result();
    }
  }

  /**
   * Begins the scan.
   *
   * @param scanner receives the characters; null if only bytes are checked
   * @throws IOException naming the file, if it is not readable
   */
  TextReading open(Configuration conf, CharacterScanner scanner) throws IOException {
    try {
      return new TextReading(this, stream(conf), scanner);
    } catch (IOException e) {
      throw named(e);
    }
  }

  private CharacterScanner scanner() {
    if (csv != null) {
      return new CsvScanner(csv);
    }
    return json == null ? null : jsonScanner();
  }

  JsonScanner jsonScanner() {
    return new JsonScanner(json, from <= 0);
  }

  /** Returns the exception of a read with the name of the file. */
  IOException named(IOException e) {
    String reason = String.valueOf(e.getMessage());
    return new IOException(reason.contains(path) ? reason : path + ": " + reason);
  }

  /**
   * Returns whether the first line of a JSON file ends within its document. Reads the head only.
   *
   * @throws IOException if the file is not readable
   */
  public static boolean isJsonOverLines(Path file, String charset, Configuration conf)
      throws IOException {
    TextFileScan head =
        new TextFileScan(
            0, file.toString(), 0, WHOLE, charset, null, JsonScanner.Documents.ONE_PER_LINE);
    try (InputStream in = CodecStreams.createInputStreamWithCloseResource(conf, file)) {
      InputStream bytes = new ByteArrayInputStream(in.readNBytes(TextReading.BUFFER));
      TextReading reading = new TextReading(head, bytes, head.scanner());
      while (reading.advance()) {}
      TextFault fault = reading.result().fault();
      return fault != null && fault.kind() == Kind.OVER_LINES;
    }
  }

  private InputStream stream(Configuration conf) throws IOException {
    Path file = new Path(path);
    if (to == WHOLE) {
      return CodecStreams.createInputStreamWithCloseResource(conf, file);
    }
    FSDataInputStream in = file.getFileSystem(conf).open(file);
    long begin = startAt(in, from);
    long end = startAt(in, to);
    in.seek(begin);
    return new Limited(in, end - begin);
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

  /** A length-limited view of a stream. */
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

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
