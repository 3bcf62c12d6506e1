package dev.embark.job.report;

import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Map;

/**
 * Cost of computing, in the unit of {@code --price-per-core-hour}: cores multiplied by wall time.
 *
 * @param total cost of all rows
 * @param perMillionRows cost of a million of them; null without rows
 */
public record Cost(BigDecimal total, BigDecimal perMillionRows) {
  private static final double SECONDS_PER_HOUR = 3600;
  private static final MathContext THREE_DIGITS = new MathContext(3);

  /**
   * Computes a cost, rounded to three significant digits.
   *
   * @param price price of a core for an hour
   * @param cores tasks that run at once
   * @param seconds wall time
   * @param rows rows written in that time
   */
  public static Cost of(double price, int cores, double seconds, long rows) {
    double total = price * cores * seconds / SECONDS_PER_HOUR;
    return new Cost(rounded(total), rows == 0 ? null : rounded(total / rows * 1e6));
  }

  private static BigDecimal rounded(double cost) {
    BigDecimal rounded = new BigDecimal(cost).round(THREE_DIGITS).stripTrailingZeros();
    // Without an exponent, also for 1E+3.
    return new BigDecimal(rounded.toPlainString());
  }

  /** Prints the figures, each on a line with its name and value separated by a tab. */
  public void print(PrintStream out, String about) {
    out.println("cost" + about + "\t" + total.toPlainString());
    if (perMillionRows != null) {
      out.println("cost of a million rows" + about + "\t" + perMillionRows.toPlainString());
    }
  }

  /** Adds the figures under their names in JSON. */
  public void addTo(Map<String, Object> figures) {
    figures.put("cost", total);
    if (perMillionRows != null) {
      figures.put("costPerMillionRows", perMillionRows);
    }
  }
}
