package dev.embark.spark.metrics;

import dev.embark.spark.compat.Scala;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;

/**
 * Application-wide counts of embedded and generated rows, over all queries. Counts of finished
 * tasks are exact once an action returns; counts of running tasks arrive with the executors'
 * heartbeats.
 *
 * <p>One instance per Spark context. Safe for any thread.
 */
public final class ApplicationProgress {
  private static final Map<SparkContext, ApplicationProgress> ALL = new WeakHashMap<>();

  private final Totals totals;
  private boolean stagesShown;
  private final Map<Long, Running> running = new ConcurrentHashMap<>(); // by the task's id

  private ApplicationProgress(SparkContext context) {
    totals =
        new Totals(
            context.longAccumulator("embark.rows"),
            context.longAccumulator("embark.tokens"),
            context.longAccumulator("embark.nullRows"),
            context.longAccumulator("embark.failedRows"),
            context.longAccumulator("embark.truncatedRows"),
            context.longAccumulator("embark.generatedTokens"));
    context.addSparkListener(new Heartbeats());
  }

  /**
   * The counts at one point in time.
   *
   * @param rows rows that reached an operator, with or without a text, and texts of a lambda
   * @param tokens tokens that the model has processed
   * @param nullRows rows whose text is NULL
   * @param failedRows rows whose text has no result
   * @param truncatedRows rows whose text was truncated
   * @param generatedTokens tokens of generated answers
   */
  public record Snapshot(
      long rows,
      long tokens,
      long nullRows,
      long failedRows,
      long truncatedRows,
      long generatedTokens) {}

  /** The progress of the session's application. */
  public static ApplicationProgress of(SparkSession session) {
    return of(session.sparkContext());
  }

  public static synchronized ApplicationProgress of(SparkContext context) {
    return ALL.computeIfAbsent(context, ApplicationProgress::new);
  }

  /** The current counts. */
  public Snapshot snapshot() {
    return new Snapshot(
        now(totals.rows),
        now(totals.tokens),
        now(totals.nullRows),
        now(totals.failedRows),
        now(totals.truncatedRows),
        now(totals.generatedTokens));
  }

  public Totals totals() {
    return totals;
  }

  /** Prints the throughput of each stage to standard error from now on. Idempotent. */
  public synchronized void showStages(SparkContext context) {
    if (!stagesShown) {
      stagesShown = true;
      context.addSparkListener(new StageProgress(totals, System.err::println));
    }
  }

  /** The task's updates by accumulator id. */
  static Map<Long, Long> updates(scala.collection.Iterable<AccumulableInfo> infos) {
    Map<Long, Long> counts = new HashMap<>();
    for (AccumulableInfo info : Scala.list(infos)) {
      if (info.update().isDefined() && info.update().get() instanceof Long value) {
        counts.put(info.id(), value);
      }
    }
    return counts;
  }

  private long now(LongAccumulator counter) {
    long sum = counter.sum();
    for (Running task : running.values()) {
      sum += task.counts().getOrDefault(counter.id(), 0L);
    }
    return sum;
  }

  /**
   * A running task.
   *
   * @param counts as of its last heartbeat, by accumulator id
   */
  private record Running(int stage, Map<Long, Long> counts) {}

  /** The accumulators that tasks update. */
  public record Totals(
      LongAccumulator rows,
      LongAccumulator tokens,
      LongAccumulator nullRows,
      LongAccumulator failedRows,
      LongAccumulator truncatedRows,
      LongAccumulator generatedTokens)
      implements Serializable {
    public Map<Long, Long> of(Map<Long, Long> counts) {
      Map<Long, Long> own = new HashMap<>(counts);
      own.keySet()
          .retainAll(
              Set.of(
                  rows.id(),
                  tokens.id(),
                  nullRows.id(),
                  failedRows.id(),
                  truncatedRows.id(),
                  generatedTokens.id()));
      return own;
    }

    public void add(WindowCounts counts) {
      rows.add(counts.rows());
      tokens.add(counts.tokens());
      nullRows.add(counts.nulls());
      failedRows.add(counts.failed());
      truncatedRows.add(counts.truncated());
      generatedTokens.add(counts.generatedTokens());
    }
  }

  private final class Heartbeats extends SparkListener {
    @Override
    public void onTaskStart(SparkListenerTaskStart start) {
      running.put(start.taskInfo().taskId(), new Running(start.stageId(), Map.of()));
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
                    (id, known) -> new Running(known.stage(), totals.of(updates(task._4()))));
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
