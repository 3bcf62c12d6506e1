package dev.embark.job.progress;

import dev.embark.job.input.Sample;
import dev.embark.job.report.RunReport.Point;
import java.util.ArrayList;
import java.util.List;

/**
 * Cumulative counts over time, in a bounded number of samples: when the limit is reached, every
 * second sample is dropped and the sampling interval doubles. Not thread-safe.
 */
final class Timeline {
  private static final int MOST_SAMPLES = 512;
  private static final int MOST_POINTS = 60;

  private final List<Sample> samples = new ArrayList<>(List.of(new Sample(0, 0, 0)));
  private double step; // minimum seconds between two samples; the last one is always kept

  /** Cumulative counts at {@code second}. */
  private record Sample(double second, long rows, long tokens) {}

  /**
   * Adds the current counts. Counts that fall, as they may after a commit, are kept at their
   * maximum.
   */
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

  /**
   * Returns tokens per second over the last {@code seconds}, or over the whole run if it is
   * shorter. Tasks report counts once per window of rows; if that takes longer, the interval
   * extends to before the last report.
   */
  double tokensPerSecond(double seconds) {
    Sample last = last();
    for (int i = samples.size() - 2; i >= 0; i--) {
      Sample sample = samples.get(i);
      boolean enough = last.second - sample.second >= seconds && sample.tokens < last.tokens;
      if (i == 0 || enough) {
        return (last.tokens - sample.tokens) / (last.second - sample.second);
      }
    }
    return 0;
  }

  /** Returns the time of the last token count, in seconds; 0 if there is none. */
  double lastCount() {
    for (int i = samples.size() - 1; i > 0; i--) {
      if (samples.get(i).tokens > samples.get(i - 1).tokens) {
        return samples.get(i).second;
      }
    }
    return 0;
  }

  /**
   * Returns at most 60 contiguous intervals of equal length. Counts reported at once for a window
   * of rows are spread evenly over the time since the previous report.
   *
   * @param atLeast minimum interval in seconds: how often executors report counts
   */
  List<Point> points(double atLeast) {
    double end = last().second;
    List<Point> points = new ArrayList<>();
    if (end > 0) {
      int count = (int) Math.max(1, Math.min(MOST_POINTS, Math.floor(end / atLeast + 1e-9)));
      double width = end / count;
      for (int i = 0; i < count; i++) {
        Sample from = at(i * width);
        Sample to = i == count - 1 ? last() : at((i + 1) * width);
        points.add(new Point(i * width, width, to.rows - from.rows, to.tokens - from.tokens));
      }
    }
    return points;
  }

  /** Returns the counts at {@code second}, interpolated linearly between reports. */
  private Sample at(double second) {
    Sample before = samples.get(0);
    for (int i = 1; i < samples.size(); i++) {
      Sample sample = samples.get(i);
      boolean counted = sample.tokens > samples.get(i - 1).tokens;
      if (counted && sample.second >= second) {
        double share = (second - before.second) / (sample.second - before.second);
        return new Sample(
            second,
            before.rows + Math.round(share * (sample.rows - before.rows)),
            before.tokens + Math.round(share * (sample.tokens - before.tokens)));
      }
      if (counted) {
        before = sample;
      }
    }
    return last();
  }
}
