package dev.embark.job.report;

import dev.embark.job.report.RunReport.Point;
import java.util.List;

/** Chart of tokens per second over time, as a stepped area in inline SVG. */
final class TimeChart {
  private static final int TOP = 20;
  private static final int PLOT = 180;
  private static final int HEIGHT = TOP + PLOT + 24;

  private TimeChart() {}

  /** Returns the chart; {@code points} must be contiguous. */
  static String svg(List<Point> points, String description) {
    Axis axis = Axis.upTo(points.stream().mapToDouble(Point::tokensPerSecond).max().orElse(0));
    double start = points.isEmpty() ? 0 : points.get(0).second();
    double end = start;
    StringBuilder steps = new StringBuilder();
    for (Point point : points) {
      String y = Svg.number(axis.down(point.tokensPerSecond(), PLOT));
      String from = Svg.number(point.second() - start);
      steps.append(steps.isEmpty() ? "M" : "L").append(from).append(' ').append(y);
      end = point.second() + point.seconds();
      steps.append('H').append(Svg.number(end - start));
    }
    double width = Math.max(end - start, 1e-2);
    String area = steps + "V" + PLOT + "H0Z";
    String plot =
        "<svg x='0' y='%d' width='100%%' height='%d' viewBox='0 0 %s %d' preserveAspectRatio='none'>"
                .formatted(TOP, PLOT, Svg.number(width), PLOT)
            + "<path class='area' d='%s'/>".formatted(points.isEmpty() ? "" : area)
            + "<path class='line' vector-effect='non-scaling-stroke' d='%s'/></svg>"
                .formatted(steps);
    double y = HEIGHT - 6.0;
    String labels =
        Svg.label("tick", "0", y, "start", Figures.duration(start))
            + Svg.label("tick", "50%", y, "middle", Figures.duration((start + end) / 2))
            + Svg.label("tick", "100%", y, "end", Figures.duration(end));
    return Svg.image("chart-timeline", HEIGHT, description, plot + axis.grid(TOP, PLOT) + labels);
  }
}
