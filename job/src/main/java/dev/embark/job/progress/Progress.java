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
 * Lets a run be seen while it goes on: asks the {@link Meter} from time to time and tells a {@link
 * ProgressView}.
 *
 * <p>Works on a thread of its own from construction to {@link #close}, next to the thread that runs
 * the job and tells it of waves.
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

  /** How many tasks of the running stages there are, and how many of them are done. */
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
    timer.scheduleWithFixedDelay(
        meter::sample, SAMPLE_MILLIS, SAMPLE_MILLIS, TimeUnit.MILLISECONDS);
    timer.scheduleWithFixedDelay(
        this::show, view.periodMillis(), view.periodMillis(), TimeUnit.MILLISECONDS);
  }

  /** Shows a run of an application. */
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
  public void waveStarted(int number, long rows) {
    meter.waveStarted(number, rows);
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
    over = true; // the timer goes on until close
  }

  /** Tells how far the run is now; nothing once it has finished. */
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

  /** Stops; the line of a person's terminal is cleared. Does nothing the second time. */
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
