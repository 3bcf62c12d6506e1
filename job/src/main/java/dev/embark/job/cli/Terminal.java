package dev.embark.job.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Output streams of a command: results go to {@code out}, everything else to {@code err}.
 *
 * @param out stream for results, always UTF-8
 * @param err stream for progress, warnings and errors, always UTF-8 and flushed after each line
 * @param interactive whether {@code err} is a terminal, on which a line can be redrawn
 */
public record Terminal(PrintStream out, PrintStream err, boolean interactive) {
  /**
   * Environment variable that {@code submit/embark} sets to 1 if its standard error is a terminal,
   * which Java cannot detect.
   */
  public static final String INTERACTIVE_VARIABLE = "EMBARK_TERMINAL";

  /**
   * Returns the standard streams of this process. The caller must flush {@code out} before exiting.
   */
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
