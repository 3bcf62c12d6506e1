package dev.embark.job;

import dev.embark.job.report.RunReport.Point;
import java.util.ArrayList;
import java.util.List;

/**
 * What was done by when, in few enough samples for a run of any length: when there are too many,
 * every second one is dropped and fewer are taken. Not safe for several threads.
 */
final class Timeline {
  private static final int MOST_SAMPLES = 512;
  private static final int MOST_POINTS = 60;

  private final List<Sample> samples = new ArrayList<>(List.of(new Sample(0, 0, 0)));
  private double step; // seconds between two samples, at least; the last one is always kept

  /** What was done until {@code second}, in all. */
  private record Sample(double second, long rows, long tokens) {}

  /** Adds what was done until now; counts that fell, as after a commit, do not fall here. */
  void add(double second, long rows, long tokens) {
    Sample last = last();
    if (second <= last.second) {
      return;
    }
    if (samples.size() > 1 && last.second - samples.get(samples.size() - 2).second < step) {
      samples.remove(samples.size() - 1);
    }
    samples.add(new Sample(second, Math.max(rows, last.rows), Math.max(tokens, last.tokens)));
    if (samples.size() == MOST_SAMPLES) {
      for (int i = MOST_SAMPLES - 2; i > 0; i -= 2) {
        samples.remove(i);
      }
      step = 2 * second / MOST_SAMPLES;
    }
  }

  private Sample last() {
    return samples.get(samples.size() - 1);
  }

  /** Returns tokens a second over the last {@code seconds}, or over all if that is less. */
  double tokensPerSecond(double seconds) {
    Sample last = last();
    for (int i = samples.size() - 2; i >= 0; i--) {
      Sample sample = samples.get(i);
      if (i == 0 || last.second - sample.second >= seconds) {
        return (last.tokens - sample.tokens) / (last.second - sample.second);
      }
    }
    return 0;
  }

  /**
   * Returns at most sixty points that follow one another without gap.
   *
   * @param atLeast seconds of a point; how often executors tell what they did
   */
  List<Point> points(double atLeast) {
    double width = Math.max(atLeast, last().second / MOST_POINTS);
    List<Point> points = new ArrayList<>();
    Sample start = samples.get(0);
    for (int i = 1; i < samples.size(); i++) {
      Sample sample = samples.get(i);
      boolean isLast = i == samples.size() - 1;
      // The rest is no point of its own if it is too short to tell anything.
      boolean restIsShort = last().second - sample.second < width / 2;
      if (isLast || (sample.second - start.second >= width * (1 - 1e-9) && !restIsShort)) {
        points.add(
            new Point(
                start.second,
                sample.second - start.second,
                sample.rows - start.rows,
                sample.tokens - start.tokens));
        start = sample;
      }
    }
    return points;
  }
}
