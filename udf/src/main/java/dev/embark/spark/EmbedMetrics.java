package dev.embark.spark;

import dev.embark.engine.EmbeddedRows;
import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.execution.metric.SQLMetric;
import scala.Tuple2;
import scala.collection.immutable.Map;

/** The operator's metrics, as the SQL tab of Spark's UI shows them. Added to by tasks. */
record EmbedMetrics(
    SQLMetric embedded,
    SQLMetric nulls,
    SQLMetric failed,
    SQLMetric truncated,
    SQLMetric deduplicated,
    SQLMetric tokens,
    SQLMetric batches,
    SQLMetric batchCapacity,
    SQLMetric encodeTime,
    SQLMetric loadTime)
    implements Serializable {

  static EmbedMetrics of(SparkContext context) {
    return new EmbedMetrics(
        metric(context, "sum", "rows embedded"),
        metric(context, "sum", "rows null"),
        metric(context, "sum", "rows failed"),
        metric(context, "sum", "rows truncated"),
        metric(context, "sum", "rows deduplicated"),
        metric(context, "sum", "tokens"),
        metric(context, "sum", "native batches"),
        metric(context, "sum", "room in native batches (tokens)"),
        metric(context, "nsTiming", "time embedding"),
        metric(context, "timing", "time loading the model"));
  }

  // Not by SQLMetrics, whose methods have other parameters in each Spark version.
  private static SQLMetric metric(SparkContext context, String type, String name) {
    SQLMetric metric = new SQLMetric(type, 0L);
    context.register(metric, name);
    return metric;
  }

  Map<String, SQLMetric> asMap() {
    Map<String, SQLMetric> map = scala.collection.immutable.Map$.MODULE$.empty();
    for (SQLMetric metric :
        new SQLMetric[] {
          embedded,
          nulls,
          failed,
          truncated,
          deduplicated,
          tokens,
          batches,
          batchCapacity,
          encodeTime,
          loadTime
        }) {
      map = map.$plus(new Tuple2<>(metric.name().get(), metric));
    }
    return map;
  }

  /** Counts what the engine did for a window of distinct texts. */
  void addEngine(EmbeddedRows texts) {
    batches.add(texts.batches());
    batchCapacity.add(texts.batchCapacity());
  }
}
