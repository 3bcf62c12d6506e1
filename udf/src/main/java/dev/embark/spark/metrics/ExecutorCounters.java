package dev.embark.spark.metrics;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongFunction;

/**
 * Counters of this JVM since it started, over all tasks and applications, published as executor
 * metrics in Spark's metrics system, for example to Prometheus. Safe for any thread.
 */
public enum ExecutorCounters {
  ROWS_EMBEDDED("rowsEmbedded", WindowCounts::embedded),
  ROWS_NULL("rowsNull", WindowCounts::nulls),
  ROWS_FAILED("rowsFailed", WindowCounts::failed),
  ROWS_TRUNCATED("rowsTruncated", WindowCounts::truncated),
  ROWS_DEDUPLICATED("rowsDeduplicated", WindowCounts::deduplicated),
  TOKENS("tokens", WindowCounts::tokens),
  TOKENS_GENERATED("tokensGenerated", WindowCounts::generatedTokens),
  NATIVE_BATCHES("nativeBatches", WindowCounts::batches),
  NATIVE_BATCH_CAPACITY("nativeBatchCapacityTokens", WindowCounts::batchCapacity),
  TOKENIZE_NANOS("tokenizeNanos", WindowCounts::tokenizeNanos),
  ENCODE_NANOS("encodeNanos", WindowCounts::encodeNanos);

  private static final LongAdder LOAD_MILLIS = new LongAdder();

  private final String metric;
  private final ToLongFunction<WindowCounts> figure;
  private final LongAdder sum = new LongAdder();

  ExecutorCounters(String metric, ToLongFunction<WindowCounts> figure) {
    this.metric = metric;
    this.figure = figure;
  }

  public static void add(WindowCounts counts) {
    for (ExecutorCounters counter : values()) {
      counter.sum.add(counter.figure.applyAsLong(counts));
    }
  }

  public static void addLoadMillis(long millis) {
    LOAD_MILLIS.add(millis);
  }

  /** Registers a gauge for each counter. */
  public static void register(MetricRegistry registry) {
    for (ExecutorCounters counter : values()) {
      Gauge<Long> gauge = counter.sum::sum;
      registry.register(counter.metric, gauge);
    }
    Gauge<Long> loading = LOAD_MILLIS::sum;
    registry.register("modelLoadMillis", loading);
  }
}
