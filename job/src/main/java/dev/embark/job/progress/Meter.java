package dev.embark.job.progress;

import dev.embark.job.cli.RunTotals;
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
 * Knows how far a run is: committed waves as they were counted in what was written, the running one
 * by the counters of the operator, which trail the work by the time between executors' heartbeats.
 *
 * <p>Costs a few sums each time it is asked. Safe for any thread.
 */
public final class Meter implements RunListener {
  private static final double RECENTLY = 30; // seconds

  private final Supplier<Totals> counters;
  private final LongSupplier nanoTime;
  private final Timeline timeline = new Timeline();
  private long start;
  private RunPlan plan;
  private Done before = Done.NOTHING; // by earlier processes of the run
  private Done committed = Done.NOTHING; // by this one
  private int wave;
  private long waveRows;
  private Totals atWaveStart;

  /**
   * @param counters what was counted in this application
   * @param nanoTime as {@link System#nanoTime}
   */
  public Meter(Supplier<Totals> counters, LongSupplier nanoTime) {
    this.counters = counters;
    this.nanoTime = nanoTime;
    this.start = nanoTime.getAsLong();
  }

  @Override
  public synchronized void planned(RunPlan planned) {
    plan = planned;
    before = planned.committed().stream().map(Done::of).reduce(Done.NOTHING, Done::plus);
    start = nanoTime.getAsLong();
  }

  @Override
  public synchronized void waveStarted(int number, long rows) {
    wave = number + 1;
    waveRows = rows;
    atWaveStart = counters.get();
  }

  @Override
  public synchronized void waveCommitted(WaveResult result) {
    committed = committed.plus(Done.of(result));
    waveRows = 0;
    atWaveStart = null;
    sample();
  }

  /** Takes note of what is done by now, for rates over time. */
  synchronized void sample() {
    if (plan != null) {
      Done now = here();
      timeline.add(seconds(), now.rows(), now.tokens());
    }
  }

  /** Returns how far the run is; empty before it is planned. */
  synchronized Optional<RunProgress> now() {
    if (plan == null) {
      return Optional.empty();
    }
    sample();
    Done here = here();
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

  /** Returns rates over time of this process; points are {@code atLeast} so many seconds long. */
  synchronized List<Point> timeline(double atLeast) {
    return timeline.points(atLeast);
  }

  private double seconds() {
    return (nanoTime.getAsLong() - start) / 1e9;
  }

  private Done here() {
    if (atWaveStart == null) {
      return committed;
    }
    Totals running = counters.get().since(atWaveStart);
    // A task that is tried again counts twice, until its wave is committed.
    return committed.plus(
        new Done(Math.min(running.rows(), waveRows), running.tokens(), running.failedRows()));
  }

  private record Done(long rows, long tokens, long failed) {
    static final Done NOTHING = new Done(0, 0, 0);

    static Done of(WaveResult wave) {
      RunTotals totals = wave.totals();
      return new Done(totals.rows(), totals.tokens(), totals.failedRows());
    }

    Done plus(Done other) {
      return new Done(rows + other.rows, tokens + other.tokens, failed + other.failed);
    }
  }
}
