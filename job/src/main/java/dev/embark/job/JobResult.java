package dev.embark.job;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/**
 * What a job did.
 *
 * @param totals what embed() counted in this job
 * @param took the time from the first task to the commit of the output
 * @param output where the output lies
 */
public record JobResult(Totals totals, Duration took, String output) {

  /** Returns the tokens encoded in a second of wall time. */
  public double tokensPerSecond() {
    return totals.tokens() / Math.max(took.toNanos() / 1e9, 1e-9);
  }

  /** Prints a line for each figure, name and value parted by a tab, and what is worth a warning. */
  void print(PrintStream out) {
    out.println("rows\t" + totals.rows());
    out.println("tokens\t" + totals.tokens());
    out.println("tokens/s\t" + Math.round(tokensPerSecond()));
    out.println("seconds\t" + String.format(Locale.ROOT, "%.1f", took.toMillis() / 1e3));
    printIfAny(out, "rows without text", totals.nullRows());
    printIfAny(out, "rows truncated", totals.truncatedRows());
    printIfAny(out, "rows failed", totals.failedRows());
    out.println("output\t" + output);
    out.flush();
  }

  private static void printIfAny(PrintStream out, String name, long count) {
    if (count > 0) {
      out.println(name + "\t" + count);
    }
  }
}
