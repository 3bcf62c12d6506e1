package dev.embark.spark;

import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;

/**
 * What an application has embedded so far, over all its queries. Counts of finished tasks are exact
 * once an action returns; those of running tasks come with the executors' heartbeats.
 *
 * <p>One for each Spark context. Safe for any thread.
 */
public final class EmbedProgress {
  private static final Map<SparkContext, EmbedProgress> ALL = new WeakHashMap<>();

  private final Totals totals;
  private final Map<Long, Map<Long, Long>> running = new ConcurrentHashMap<>(); // task, counter

  private EmbedProgress(SparkContext context) {
    totals =
        new Totals(
            context.longAccumulator("embark.rows"),
            context.longAccumulator("embark.tokens"),
            context.longAccumulator("embark.nullRows"),
            context.longAccumulator("embark.failedRows"),
            context.longAccumulator("embark.truncatedRows"));
    context.addSparkListener(new Heartbeats());
  }

  /**
   * @param rows that came to the operator, with or without a text
   * @param tokens that the model has seen
   * @param nullRows rows without a text
   * @param failedRows rows whose text could not be embedded
   * @param truncatedRows rows whose text lost its tail
   */
  public record Snapshot(
      long rows, long tokens, long nullRows, long failedRows, long truncatedRows) {}

  /** The progress of a session's application. */
  public static EmbedProgress of(SparkSession session) {
    return of(session.sparkContext());
  }

  static synchronized EmbedProgress of(SparkContext context) {
    return ALL.computeIfAbsent(context, EmbedProgress::new);
  }

  /** The counts now. */
  public Snapshot snapshot() {
    return new Snapshot(
        now(totals.rows),
        now(totals.tokens),
        now(totals.nullRows),
        now(totals.failedRows),
        now(totals.truncatedRows));
  }

  Totals totals() {
    return totals;
  }

  private long now(LongAccumulator counter) {
    long sum = counter.sum();
    for (Map<Long, Long> task : running.values()) {
      sum += task.getOrDefault(counter.id(), 0L);
    }
    return sum;
  }

  /** The counters that tasks add to. */
  record Totals(
      LongAccumulator rows,
      LongAccumulator tokens,
      LongAccumulator nullRows,
      LongAccumulator failedRows,
      LongAccumulator truncatedRows)
      implements Serializable {
    void add(long r, long t, long n, long f, long c) {
      rows.add(r);
      tokens.add(t);
      nullRows.add(n);
      failedRows.add(f);
      truncatedRows.add(c);
    }
  }

  private final class Heartbeats extends SparkListener {
    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
      update
          .accumUpdates()
          .foreach(
              task -> {
                Map<Long, Long> counts = new HashMap<>();
                task._4()
                    .foreach(
                        info -> {
                          put(counts, info);
                          return null;
                        });
                running.put((Long) task._1(), counts);
                return null;
              });
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
      running.remove(end.taskInfo().taskId());
    }

    private void put(Map<Long, Long> counts, AccumulableInfo info) {
      if (info.update().isDefined() && info.update().get() instanceof Long value) {
        counts.put(info.id(), value);
      }
    }
  }
}
