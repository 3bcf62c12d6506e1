package dev.embark.job.cli;

import dev.embark.engine.rows.RowCounts;

/**
 * Maximum number or percentage of rows that may fail before a run stops.
 *
 * @param number a number of rows, or a percentage of the rows processed so far
 * @param isPercent whether {@code number} is a percentage
 */
public record FailureLimit(double number, boolean isPercent) {
  private static final FailureLimit NONE = new FailureLimit(Double.POSITIVE_INFINITY, false);

  /**
   * Parses a limit such as {@code 100} or {@code 0.5%}; null means no limit.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  static FailureLimit parse(String text) {
    if (text == null) {
      return NONE;
    }
    boolean isPercent = text.strip().endsWith("%");
    String digits = isPercent ? text.strip().substring(0, text.strip().length() - 1) : text.strip();
    boolean valid = digits.matches(isPercent ? "\\d+(\\.\\d+)?" : "\\d+");
    if (!valid || (isPercent && Double.parseDouble(digits) > 100)) {
      throw new IllegalArgumentException(
          "--max-failed is '" + text + "'; it takes a number of rows such as 100, or 0.5%");
    }
    return new FailureLimit(Double.parseDouble(digits), isPercent);
  }

  /** Returns whether more rows have failed than the limit allows. */
  public boolean isExceededBy(RowCounts counts) {
    double failed = counts.failed();
    return isPercent ? failed * 100 > number * counts.rows() : failed > number;
  }

  @Override
  public String toString() {
    // A conditional over both numbers would promote the long to a double.
    String shown = number % 1 == 0 ? Long.toString((long) number) : Double.toString(number);
    return shown + (isPercent ? "%" : "");
  }
}
