package dev.embark.spark.metrics;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import dev.embark.engine.rows.RowCounter;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counters of this JVM since it started, over all tasks and applications, published as executor
 * metrics in Spark's metrics system, for example to Prometheus. Safe for any thread.
 */
public final class ExecutorCounters {
  private static final Map<String, LongAdder> SUMS = new TreeMap<>(); // read-only once filled
  private static final LongAdder BATCHES = counter("nativeBatches");
  private static final LongAdder BATCH_CAPACITY = counter("nativeBatchCapacityTokens");
  private static final LongAdder TOKENIZE_NANOS = counter("tokenizeNanos");
  private static final LongAdder ENCODE_NANOS = counter("encodeNanos");
  private static final LongAdder LOAD_MILLIS = counter("modelLoadMillis");

  static {
    RowCounter.METRICS.forEach(counter -> counter(counter.metric()));
  }

  private ExecutorCounters() {}

  private static LongAdder counter(String metric) {
    return SUMS.computeIfAbsent(metric, name -> new LongAdder());
  }

  public static void add(WindowCounts window) {
    for (RowCounter counter : RowCounter.METRICS) {
      SUMS.get(counter.metric()).add(counter.of(window.counts()));
    }
    BATCHES.add(window.batches());
    BATCH_CAPACITY.add(window.batchCapacity());
    TOKENIZE_NANOS.add(window.tokenizeNanos());
    ENCODE_NANOS.add(window.encodeNanos());
  }

  public static void addLoadMillis(long millis) {
    LOAD_MILLIS.add(millis);
  }

  /** Registers a gauge for each counter. */
  public static void register(MetricRegistry registry) {
    SUMS.forEach((metric, sum) -> registry.register(metric, (Gauge<Long>) sum::sum));
  }
}
