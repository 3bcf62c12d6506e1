package dev.embark.job.report;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * Makes inline SVG that is as wide as the page: across in percent, down in pixels, so that text
 * keeps its size on a narrow screen.
 */
final class Svg {
  private Svg() {}

  /** Returns a number with two decimals at most, whatever the locale. */
  static String number(double value) {
    return BigDecimal.valueOf(value)
        .setScale(2, RoundingMode.HALF_UP)
        .stripTrailingZeros()
        .toPlainString();
  }

  /** Returns a share of the width. */
  static String percent(double part, double whole) {
    return number(100 * part / whole) + "%";
  }

  /** Returns an image whose text alternative is {@code description}. */
  static String image(String id, int height, String description, String content) {
    return "<svg id='%s' class='chart' role='img' aria-label='%s' width='100%%' height='%d'>%s</svg>"
        .formatted(id, Html.text(description), height, content);
  }

  /** Returns a text at a share of the width; anchor is start, middle or end. */
  static String label(String type, String x, double y, String anchor, String text) {
    return "<text class='%s' x='%s' y='%s' text-anchor='%s'>%s</text>"
        .formatted(type, x, number(y), anchor, Html.text(text));
  }
}
