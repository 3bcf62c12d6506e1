package dev.embark.spark.metrics;

import dev.embark.engine.rows.RowCounts;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.sql.SparkSession;

/**
 * Application-wide counts of embedded and generated rows, over all queries. Counts of running tasks
 * arrive with the executors' heartbeats.
 *
 * <p>One instance per Spark context. Safe for any thread.
 */
public final class ApplicationProgress {
  private static final Map<SparkContext, ApplicationProgress> ALL = new WeakHashMap<>();

  private final RowAccumulators accumulators;
  private boolean stagesShown;
  private final Map<Long, Running> running = new ConcurrentHashMap<>(); // by the task's id

  private ApplicationProgress(SparkContext context) {
    accumulators = new RowAccumulators(context);
    context.addSparkListener(new Heartbeats());
  }

  /** The progress of the session's application. */
  public static ApplicationProgress of(SparkSession session) {
    return of(session.sparkContext());
  }

  public static synchronized ApplicationProgress of(SparkContext context) {
    return ALL.computeIfAbsent(context, ApplicationProgress::new);
  }

  /**
   * Returns the current counts: of the rows that reached an operator and of the texts of a lambda.
   * A task that sent a heartbeat counts twice from its end until Spark's listeners hear of the end.
   */
  public RowCounts counts() {
    return running.values().stream().map(Running::counts).reduce(ended(), RowCounts::plus);
  }

  /** Returns the counts of ended tasks, which are exact once an action returns. */
  public RowCounts ended() {
    return accumulators.ended();
  }

  public RowAccumulators accumulators() {
    return accumulators;
  }

  /** Prints the throughput of each stage to standard error from now on. Idempotent. */
  public synchronized void showStages(SparkContext context) {
    if (!stagesShown) {
      stagesShown = true;
      context.addSparkListener(new StageProgress(accumulators, System.err::println));
    }
  }

  /**
   * A running task.
   *
   * @param counts as of its last heartbeat
   */
  private record Running(int stage, RowCounts counts) {}

  private final class Heartbeats extends SparkListener {
    @Override
    public void onTaskStart(SparkListenerTaskStart start) {
      running.put(start.taskInfo().taskId(), new Running(start.stageId(), RowCounts.NONE));
    }

    /** Ignores tasks that have ended, since their last heartbeat may arrive afterwards. */
    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
      update
          .accumUpdates()
          .foreach(
              task -> {
                running.computeIfPresent(
                    (Long) task._1(),
                    (id, known) -> new Running(known.stage(), accumulators.of(task._4())));
                return null;
              });
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
      running.remove(end.taskInfo().taskId());
    }

    /** Removes tasks whose end event was dropped by a busy driver. */
    @Override
    public void onStageCompleted(SparkListenerStageCompleted completed) {
      running.values().removeIf(task -> task.stage() == completed.stageInfo().stageId());
    }
  }
}
