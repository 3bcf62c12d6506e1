package dev.embark.job.progress;

import dev.embark.job.input.Sample;
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

  /**
   * Returns tokens a second over the last {@code seconds}, or over all if that is less. Tasks count
   * by windows of rows, which may take longer than that: then since before the last of them.
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

  /** Returns the second at which tokens were counted last; 0 if none were. */
  double lastCount() {
    for (int i = samples.size() - 1; i > 0; i--) {
      if (samples.get(i).tokens > samples.get(i - 1).tokens) {
        return samples.get(i).second;
      }
    }
    return 0;
  }

  /**
   * Returns at most sixty points of one length, that follow one another without gap. What was
   * counted at once, as for a window of rows, is spread over the time since the count before.
   *
   * @param atLeast seconds of a point; how often executors tell what they did
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

  /** What was done until {@code second}, if work went on evenly between one count and the next. */
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
