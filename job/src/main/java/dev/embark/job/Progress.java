package dev.embark.job;

import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.spark.SparkStageInfo;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.JavaSparkStatusTracker;
import org.apache.spark.sql.SparkSession;

/**
 * Shows how far a job is while it runs: one line drawn over itself for a person, a plain line every
 * few seconds where a log takes it. Counts what executors reported, so it trails the work by the
 * time between their heartbeats.
 *
 * <p>Draws on a thread of its own from construction to {@link #close}, and uses the stream alone.
 */
final class Progress implements AutoCloseable {
  private static final String CLEAR_LINE = "\r\u001b[2K";
  private static final int REDRAW_MILLIS = 500;
  private static final int LINE_MILLIS = 5000;

  private final Supplier<Tasks> tasks;
  private final Supplier<Totals> totals;
  private final Terminal terminal;
  private final long start = System.nanoTime();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "embark-progress");
            thread.setDaemon(true);
            return thread;
          });
  private String drawn = "";

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

  Progress(Supplier<Tasks> tasks, Supplier<Totals> totals, Terminal terminal) {
    this.tasks = tasks;
    this.totals = totals;
    this.terminal = terminal;
    int period = terminal.interactive() ? REDRAW_MILLIS : LINE_MILLIS;
    timer.scheduleWithFixedDelay(this::show, period, period, TimeUnit.MILLISECONDS);
  }

  /** Shows the tasks of an application, and what embed() counted since {@code before}. */
  static Progress of(SparkSession spark, Totals before, Terminal terminal) {
    JavaSparkStatusTracker tracker =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).statusTracker();
    return new Progress(
        () -> Tasks.running(tracker), () -> Totals.of(spark).since(before), terminal);
  }

  /** Draws once; a change of nothing draws no second line. */
  void show() {
    String line = line();
    PrintStream err = terminal.err();
    if (terminal.interactive()) {
      err.print(CLEAR_LINE + line);
      err.flush();
    } else if (!line.equals(drawn)) {
      err.println(line);
    }
    drawn = line;
  }

  private String line() {
    Tasks now = tasks.get();
    Totals counted = totals.get();
    double seconds = (System.nanoTime() - start) / 1e9;
    if (counted.rows() == 0) {
      return String.format(Locale.ROOT, "%d of %d tasks", now.done(), now.all());
    }
    return String.format(
        Locale.ROOT,
        "%d of %d tasks, %,d rows, %,d tokens/s",
        now.done(),
        now.all(),
        counted.rows(),
        Math.round(counted.tokens() / seconds));
  }

  /** Stops drawing and clears the line; idempotent. */
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
    if (terminal.interactive() && !drawn.isEmpty()) {
      terminal.err().print(CLEAR_LINE);
      terminal.err().flush();
      drawn = "";
    }
  }
}
