package dev.embark.job.progress;

import dev.embark.engine.rows.RowCounter;
import dev.embark.engine.rows.RowCounts;
import dev.embark.job.report.RunReport.Point;
import dev.embark.job.run.RunListener;
import dev.embark.job.state.RunPlan;
import dev.embark.job.state.WaveResult;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Measures the progress of a run. Committed waves count with the totals of their written rows, the
 * running wave with the operator's counters, which lag behind by the executors' heartbeat interval.
 *
 * <p>Each query costs a few additions. Thread-safe.
 */
public final class Meter implements RunListener {
  private static final double RECENTLY = 30; // seconds

  private final Supplier<RowCounts> counters;
  private final LongSupplier nanoTime;
  private final Timeline timeline = new Timeline();
  private long start;
  private RunPlan plan;
  private RowCounts before = RowCounts.NONE; // processed by earlier processes of the run
  private RowCounts committed = RowCounts.NONE; // processed by this process
  private int wave;
  private long waveRows;
  private RowCounts atWaveStart;

  /**
   * @param counters source of the operator's counters in this application
   * @param nanoTime clock, such as {@link System#nanoTime}
   */
  public Meter(Supplier<RowCounts> counters, LongSupplier nanoTime) {
    this.counters = counters;
    this.nanoTime = nanoTime;
    this.start = nanoTime.getAsLong();
  }

  @Override
  public synchronized void planned(RunPlan planned) {
    plan = planned;
    before = WaveResult.counts(planned.committed());
    start = nanoTime.getAsLong();
  }

  @Override
  public synchronized void waveStarted(int number, int waves, long rows) {
    plan = plan.withWaves(waves);
    wave = number + 1;
    waveRows = rows;
    atWaveStart = counters.get();
  }

  @Override
  public synchronized void waveCommitted(WaveResult result) {
    committed = committed.plus(result.totals().counts());
    waveRows = 0;
    atWaveStart = null;
    sample();
  }

  /** Records the current counts in the timeline. */
  synchronized void sample() {
    if (plan != null) {
      RowCounts now = here();
      timeline.add(seconds(), now.rows(), now.tokens());
    }
  }

  /** Returns the current progress; empty before planning. */
  synchronized Optional<RunProgress> now() {
    if (plan == null) {
      return Optional.empty();
    }
    sample();
    RowCounts here = here();
    long rows = before.rows() + here.rows();
    double lastCount = timeline.lastCount();
    return Optional.of(
        new RunProgress(
            wave,
            plan.waves(),
            rows,
            plan.rows(),
            here.tokens(),
            before.failed() + here.failed(),
            seconds(),
            timeline.tokensPerSecond(RECENTLY),
            here.rows() == 0 || lastCount == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of((plan.rows() - rows) * lastCount / here.rows())));
  }

  /**
   * Returns throughput over time in this process, in intervals of at least {@code atLeast} seconds.
   */
  synchronized List<Point> timeline(double atLeast) {
    return timeline.points(atLeast);
  }

  private double seconds() {
    return (nanoTime.getAsLong() - start) / 1e9;
  }

  private RowCounts here() {
    if (atWaveStart == null) {
      return committed;
    }
    RowCounts running = counters.get().minus(atWaveStart);
    // Retried tasks count twice until their wave is committed.
    return committed.plus(running.with(RowCounter.ROWS, Math.min(running.rows(), waveRows)));
  }
}
