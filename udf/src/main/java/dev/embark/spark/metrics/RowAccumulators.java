package dev.embark.spark.metrics;

import dev.embark.engine.rows.RowCounter;
import dev.embark.engine.rows.RowCounts;
import dev.embark.spark.compat.Scala;
import java.io.Serializable;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.util.LongAccumulator;

/**
 * The accumulators through which tasks report their {@link RowCounts}: one {@link LongAccumulator}
 * per counter. The driver deserialises the heartbeats of executors, perhaps with a class loader
 * that does not have this jar, so an accumulator class of our own is no choice.
 */
public final class RowAccumulators implements Serializable {
  private static final long serialVersionUID = 1L;

  private final EnumMap<RowCounter, LongAccumulator> all = new EnumMap<>(RowCounter.class);

  RowAccumulators(SparkContext context) {
    for (RowCounter counter : RowCounter.values()) {
      all.put(counter, context.longAccumulator("embark." + counter.metric()));
    }
  }

  public LongAccumulator get(RowCounter counter) {
    return all.get(counter);
  }

  /** Adds the counts of one window. Called in a task. */
  public void add(RowCounts counts) {
    all.forEach((counter, accumulator) -> accumulator.add(counter.of(counts)));
  }

  /** Returns the counts of ended tasks. */
  RowCounts ended() {
    return counts(LongAccumulator::sum);
  }

  /** Returns the counts in the accumulator updates of a task. */
  public RowCounts of(scala.collection.Iterable<AccumulableInfo> updates) {
    Map<Long, Long> counts = new HashMap<>();
    for (AccumulableInfo info : Scala.list(updates)) {
      if (info.update().isDefined() && info.update().get() instanceof Long value) {
        counts.put(info.id(), value);
      }
    }
    return counts(accumulator -> counts.getOrDefault(accumulator.id(), 0L));
  }

  private RowCounts counts(ToLongFunction<LongAccumulator> count) {
    return RowCounts.of(counter -> count.applyAsLong(all.get(counter)));
  }
}
