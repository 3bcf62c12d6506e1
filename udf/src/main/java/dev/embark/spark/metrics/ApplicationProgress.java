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
 * What an application has embedded and generated so far, over all its queries. Counts of finished
 * tasks are exact once an action returns; those of running tasks come with the executors'
 * heartbeats.
 *
 * <p>One for each Spark context. Safe for any thread.
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
   * @param rows that came to an operator, with or without a text, and texts of a lambda
   * @param tokens that the model has seen
   * @param nullRows rows without a text
   * @param failedRows rows whose text has no result
   * @param truncatedRows rows whose text lost its tail
   * @param generatedTokens that answers are made of
   */
  public record Snapshot(
      long rows,
      long tokens,
      long nullRows,
      long failedRows,
      long truncatedRows,
      long generatedTokens) {}

  /** The progress of a session's application. */
  public static ApplicationProgress of(SparkSession session) {
    return of(session.sparkContext());
  }

  public static synchronized ApplicationProgress of(SparkContext context) {
    return ALL.computeIfAbsent(context, ApplicationProgress::new);
  }

  /** The counts now. */
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

  /** Prints a line on the speed of each stage to standard error from now on. */
  public synchronized void showStages(SparkContext context) {
    if (!stagesShown) {
      stagesShown = true;
      context.addSparkListener(new StageProgress(totals, System.err::println));
    }
  }

  /** What a task has added to each counter, by the counter's id. */
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
   * A task that has started and not ended.
   *
   * @param counts as of its last heartbeat, by the counter's id
   */
  private record Running(int stage, Map<Long, Long> counts) {}

  /** The counters that tasks add to; they alone are kept of what executors send. */
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

    /** Of a task that has ended, the last heartbeat may come after the end. */
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

    /** A busy driver drops events, such as the end of a task. */
    @Override
    public void onStageCompleted(SparkListenerStageCompleted completed) {
      running.values().removeIf(task -> task.stage() == completed.stageInfo().stageId());
    }
  }
}
