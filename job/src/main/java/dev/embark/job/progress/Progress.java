package dev.embark.job.progress;

import dev.embark.job.run.JobResult;
import dev.embark.job.run.RunListener;
import dev.embark.job.state.RunPlan;
import dev.embark.job.state.WaveResult;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.spark.SparkStageInfo;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.JavaSparkStatusTracker;
import org.apache.spark.sql.SparkSession;

/**
 * Periodic progress display: polls a {@link Meter} and updates a {@link ProgressView}.
 *
 * <p>Owns a timer thread from construction until {@link #close}. The run's thread calls the
 * listener methods.
 */
public final class Progress implements RunListener, AutoCloseable {
  private static final int SAMPLE_MILLIS = 500;

  private final Supplier<Tasks> tasks;
  private final Meter meter;
  private final ProgressView view;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "embark-progress");
            thread.setDaemon(true);
            return thread;
          });

  private boolean over;

  /** Completed and total tasks of the active stages. */
  record Tasks(int done, int all) {
    static Tasks running(JavaSparkStatusTracker tracker) {
      int done = 0;
      int all = 0;
      for (int stage : tracker.getActiveStageIds()) {
        SparkStageInfo info = tracker.getStageInfo(stage);
        if (info != null) {
          done += info.numCompletedTasks();
          all += info.numTasks();
        }
      }
      return new Tasks(done, all);
    }
  }

  Progress(Supplier<Tasks> tasks, Meter meter, ProgressView view) {
    this.tasks = tasks;
    this.meter = meter;
    this.view = view;
    var unusedSampling =
        timer.scheduleWithFixedDelay(
            meter::sample, SAMPLE_MILLIS, SAMPLE_MILLIS, TimeUnit.MILLISECONDS);
    var unusedShowing =
        timer.scheduleWithFixedDelay(
            this::show, view.periodMillis(), view.periodMillis(), TimeUnit.MILLISECONDS);
  }

  /** Creates the progress display of an application's run. */
  public static Progress of(SparkSession spark, Meter meter, ProgressView view) {
    JavaSparkStatusTracker tracker =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).statusTracker();
    return new Progress(() -> Tasks.running(tracker), meter, view);
  }

  @Override
  public synchronized void planned(RunPlan plan) {
    meter.planned(plan);
    view.planned(plan);
  }

  @Override
  public void waveStarted(int number, int waves, long rows) {
    meter.waveStarted(number, waves, rows);
  }

  @Override
  public synchronized void waveCommitted(WaveResult wave) {
    meter.waveCommitted(wave);
    view.committed(wave);
  }

  @Override
  public synchronized void finished(JobResult result) {
    show();
    view.finished(result);
    over = true; // the timer runs until close
  }

  /** Updates the view; a no-op after the run has finished. */
  synchronized void show() {
    if (over) {
      return;
    }
    meter
        .now()
        .ifPresentOrElse(
            view::show,
            () -> {
              Tasks now = tasks.get();
              view.planning(now.done(), now.all());
            });
  }

  /** Stops the timer and clears the terminal line. Idempotent. */
  @Override
  public void close() {
    timer.shutdown();
    try {
      if (!timer.awaitTermination(2, TimeUnit.SECONDS)) {
        timer.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      view.clear();
    }
  }
}
