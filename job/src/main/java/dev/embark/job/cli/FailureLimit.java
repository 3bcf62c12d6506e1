package dev.embark.job.cli;

/**
 * How many rows may fail before a run stops.
 *
 * @param number rows, or percent of the rows handled so far
 * @param isPercent which of the two
 */
public record FailureLimit(double number, boolean isPercent) {
  private static final FailureLimit NONE = new FailureLimit(Double.POSITIVE_INFINITY, false);

  /**
   * Reads {@code 100} or {@code 0.5%}; no limit for null.
   *
   * @throws IllegalArgumentException with a sentence for the user
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

  /** Whether more rows have failed than may. */
  public boolean isExceededBy(RunTotals totals) {
    double failed = totals.failedRows();
    return isPercent ? failed * 100 > number * totals.rows() : failed > number;
  }

  @Override
  public String toString() {
    // Not as a conditional of the two numbers: that would make a double of the whole one, too.
    String shown = number % 1 == 0 ? Long.toString((long) number) : Double.toString(number);
    return shown + (isPercent ? "%" : "");
  }
}
