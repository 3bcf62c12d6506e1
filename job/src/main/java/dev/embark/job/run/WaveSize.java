package dev.embark.job.run;

import dev.embark.job.cli.JobSpec;
import dev.embark.job.state.WaveResult;
import java.time.Duration;
import java.util.List;

/**
 * Size of the next wave in parts of the input. Without {@code --rows-per-wave} a wave gets as many
 * parts as take {@link #TARGET}, judged by the time that the last wave took. The first wave is one
 * part, and a wave has at most {@value #GROWTH} times the parts of the one before, so that a part
 * that is not like the others does no harm.
 *
 * <p>The size depends only on recorded figures, and the log records the parts of a wave before it
 * is published: a resumed run continues with the part that follows the last committed wave.
 */
final class WaveSize {
  /** Duration of a wave: what a crash costs at most, and long enough that a commit costs little. */
  static final Duration TARGET = Duration.ofMinutes(4);

  private static final int GROWTH = 4;

  private WaveSize() {}

  /**
   * Returns the number of parts in the next wave.
   *
   * @param committed results of all committed waves
   * @param left number of parts that are not committed, at least 1
   */
  static int parts(JobSpec spec, List<WaveResult> committed, int left) {
    return spec.rowsPerWave().isPresent() ? 1 : parts(committed, left);
  }

  static int parts(List<WaveResult> committed, int left) {
    if (committed.isEmpty()) {
      return 1;
    }
    WaveResult last = committed.get(committed.size() - 1);
    long took = Math.max(1, last.took().toMillis());
    long fitting = TARGET.toMillis() * last.parts() / took;
    return (int) Math.min(left, Math.max(1, Math.min(fitting, (long) GROWTH * last.parts())));
  }

  /** Returns the number of waves, if all of those to come have the size of the next. */
  static int waves(JobSpec spec, List<WaveResult> committed, int left) {
    int next = left == 0 ? 1 : parts(spec, committed, left);
    return committed.size() + (left + next - 1) / next;
  }
}
