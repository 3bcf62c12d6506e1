package dev.embark.job.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Vertical chart axis from 0 to a round number.
 *
 * @param end round number at or above the greatest value
 * @param step distance between grid lines
 */
record Axis(double end, double step) {
  private static final int MOST_STEPS = 4;

  /** Returns the axis for values up to {@code greatest}, with at most four steps of 1, 2 or 5. */
  static Axis upTo(double greatest) {
    if (greatest <= 0) {
      return new Axis(1, 1);
    }
    double magnitude = Math.pow(10, Math.floor(Math.log10(greatest / MOST_STEPS)));
    for (int factor : new int[] {1, 2, 5, 10}) {
      double step = factor * magnitude;
      double steps = Math.ceil(greatest / step - 1e-9);
      if (steps <= MOST_STEPS) {
        return new Axis(steps * step, step);
      }
    }
    throw new IllegalArgumentException("no axis for " + greatest);
  }

  /** Returns the values of the grid lines, including 0. */
  List<Double> ticks() {
    List<Double> ticks = new ArrayList<>();
    for (int i = 0; i * step <= end * (1 + 1e-9); i++) {
      ticks.add(i * step);
    }
    return ticks;
  }

  /** Returns the distance of a value from the upper end, for an axis of {@code height}. */
  double down(double value, double height) {
    return height * (1 - value / end);
  }

  /** Returns the grid as SVG, with a line and a label for each tick. */
  String grid(double top, double height) {
    StringBuilder svg = new StringBuilder();
    for (double tick : ticks()) {
      String y = Svg.number(top + down(tick, height));
      svg.append("<line class='grid' x1='0' x2='100%%' y1='%s' y2='%s'/>".formatted(y, y));
      if (tick > 0) {
        svg.append(
            "<text class='tick' x='0' y='%s' dy='-4'>%s</text>"
                .formatted(y, Figures.shortCount(tick)));
      }
    }
    return svg.toString();
  }
}
