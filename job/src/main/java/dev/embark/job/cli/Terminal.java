package dev.embark.job.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Where a command writes: results to {@code out}, everything else to {@code err}.
 *
 * @param out results, in UTF-8 whatever the locale
 * @param err progress, warnings and errors, in UTF-8 and flushed at each line
 * @param interactive whether a person looks at {@code err}, so that a line can be drawn over
 */
public record Terminal(PrintStream out, PrintStream err, boolean interactive) {
  /** Set to 1 by {@code submit/embark} if its standard error is a terminal; Java cannot tell. */
  public static final String INTERACTIVE_VARIABLE = "EMBARK_TERMINAL";

  /** Returns the standard streams of this process. The caller flushes {@code out} at the end. */
  public static Terminal system() {
    return new Terminal(
        stream(FileDescriptor.out, false),
        stream(FileDescriptor.err, true),
        "1".equals(System.getenv(INTERACTIVE_VARIABLE)));
  }

  private static PrintStream stream(FileDescriptor descriptor, boolean flush) {
    return new PrintStream(new FileOutputStream(descriptor), flush, StandardCharsets.UTF_8);
  }
}
