package dev.embark.job.scan;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;

/**
 * The lines of a JSON file with a document on each, read lazily by a {@link TextFileScan}, which
 * checks them. Blank lines are left out, and so is what follows a fault. Holds the lines of one
 * buffer, and the whole of a longer line. Not thread-safe.
 */
final class DocumentLines implements Iterator<String> {
  private final TextReading reading;
  private final Consumer<String> end;
  private final Queue<String> lines = new ArrayDeque<>();
  private final StringBuilder open = new StringBuilder();
  private boolean isAtEnd;

  /**
   * @param end receives the scan's result {@linkplain TextFileScan.Result#toText as a text} when it
   *     ends
   * @throws IOException naming the file, if it is not readable
   */
  DocumentLines(TextFileScan scan, Configuration conf, Consumer<String> end) throws IOException {
    reading = scan.open(conf, new Lines(scan.jsonScanner()));
    this.end = end;
  }

  @Override
  public boolean hasNext() {
    try {
      while (lines.isEmpty() && !isAtEnd) {
        if (!reading.advance()) {
          isAtEnd = true;
          endLine();
          reading.close();
          end.accept(reading.result().toText());
        }
      }
    } catch (IOException e) {
      closeAfter(e);
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      closeAfter(e);
      throw e;
    }
    return !lines.isEmpty();
  }

  private void closeAfter(Exception failure) {
    try {
      reading.close();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  @Override
  public String next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return lines.remove();
  }

  private void endLine() {
    if (!open.toString().isBlank()) {
      lines.add(open.toString());
    }
    open.setLength(0);
  }

  /** Splits the characters at the ends of lines, as Spark's reader does, and passes them on. */
  private final class Lines implements CharacterScanner {
    private final CharacterScanner scanner;

    Lines(CharacterScanner scanner) {
      this.scanner = scanner;
    }

    @Override
    public boolean take(char[] chars, int length) {
      int from = 0;
      for (int i = 0; i < length; i++) {
        if (chars[i] == '\n' || chars[i] == '\r') {
          open.append(chars, from, i - from);
          endLine();
          from = i + 1;
        }
      }
      open.append(chars, from, length - from);
      return scanner.take(chars, length);
    }

    @Override
    public void end() {
      scanner.end();
    }

    @Override
    public Optional<TextFault> fault() {
      return scanner.fault();
    }
  }
}
