package dev.embark.job.report;

import java.util.List;

/** Bar charts of counts, as inline SVG. */
final class BarChart {
  private static final int TOP = 20;
  private static final int PLOT = 180;
  private static final double BAR = 0.72; // fraction of the distance between bar centres
  private static final int ROW = 46;
  private static final int THICKNESS = 12;

  private BarChart() {}

  /**
   * @param label text below or above the bar
   * @param count length of the bar
   * @param tooltip tooltip text
   */
  record Bar(String label, long count, String tooltip) {}

  /** Returns vertical bars for ordered categories. */
  static String upright(String id, List<Bar> bars, String description) {
    Axis axis = Axis.upTo(bars.stream().mapToLong(Bar::count).max().orElse(0));
    StringBuilder svg = new StringBuilder(axis.grid(TOP, PLOT));
    for (int i = 0; i < bars.size(); i++) {
      Bar bar = bars.get(i);
      double y = axis.down(bar.count(), PLOT);
      String middle = Svg.percent(i + 0.5, bars.size());
      svg.append(
          "<rect class='bar' x='%s' width='%s' y='%s' height='%s'><title>%s</title></rect>"
              .formatted(
                  Svg.percent(i + (1 - BAR) / 2, bars.size()),
                  Svg.percent(BAR, bars.size()),
                  Svg.number(TOP + y),
                  Svg.number(PLOT - y),
                  Html.text(bar.tooltip())));
      if (bar.count() > 0) {
        svg.append(
            Svg.label("value", middle, TOP + y - 5, "middle", Figures.shortCount(bar.count())));
      }
      svg.append(Svg.label("tick", middle, TOP + PLOT + 18, "middle", bar.label()));
    }
    return Svg.image(id, TOP + PLOT + 24, description, svg.toString());
  }

  /** Returns horizontal bars, each with its label and its share of the total. */
  static String horizontal(String id, List<Bar> bars, String description) {
    long all = bars.stream().mapToLong(Bar::count).sum();
    StringBuilder svg = new StringBuilder();
    for (int i = 0; i < bars.size(); i++) {
      Bar bar = bars.get(i);
      double y = i * ROW + 16.0;
      svg.append(Svg.label("name", "0", y, "start", bar.label()));
      svg.append(Svg.label("name", "100%", y, "end", bar.tooltip()));
      svg.append(
          "<rect class='rest' x='0' width='100%%' y='%s' height='%d'/><rect class='bad' x='0' width='%s' y='%s' height='%d'/>"
              .formatted(
                  Svg.number(y + 8),
                  THICKNESS,
                  Svg.percent(bar.count(), all),
                  Svg.number(y + 8),
                  THICKNESS));
    }
    return Svg.image(id, bars.size() * ROW, description, svg.toString());
  }
}
