package dev.embark.job.report;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * Inline SVG fragments that scale with the page: horizontal positions are percentages and vertical
 * ones pixels, so that text keeps its size on a narrow screen.
 */
final class Svg {
  private Svg() {}

  /** Returns a number with at most two decimals, independent of the locale. */
  static String number(double value) {
    return BigDecimal.valueOf(value)
        .setScale(2, RoundingMode.HALF_UP)
        .stripTrailingZeros()
        .toPlainString();
  }

  /** Returns a fraction of the width as a percentage. */
  static String percent(double part, double whole) {
    return number(100 * part / whole) + "%";
  }

  /** Returns an image whose text alternative is {@code description}. */
  static String image(String id, int height, String description, String content) {
    return "<svg id='%s' class='chart' role='img' aria-label='%s' width='100%%' height='%d'>%s</svg>"
        .formatted(id, Html.text(description), height, content);
  }

  /** Returns a text at a horizontal position; {@code anchor} is start, middle or end. */
  static String label(String type, String x, double y, String anchor, String text) {
    return "<text class='%s' x='%s' y='%s' text-anchor='%s'>%s</text>"
        .formatted(type, x, number(y), anchor, Html.text(text));
  }
}
