package dev.embark.spark.metrics;

import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOptions;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.execution.metric.SQLMetric;
import scala.Tuple2;
import scala.collection.immutable.Map;

/** SQL metrics of a model operator, shown in the SQL tab of Spark's UI and updated by tasks. */
public record OperatorMetrics(
    SQLMetric embedded,
    SQLMetric nulls,
    SQLMetric failed,
    SQLMetric truncated,
    SQLMetric deduplicated,
    SQLMetric tokens,
    SQLMetric generatedTokens,
    SQLMetric batches,
    SQLMetric batchFill,
    SQLMetric tokenizeTime,
    SQLMetric encodeTime,
    SQLMetric loadTime)
    implements Serializable {
  // Spark stores average metrics in tenths.
  private static final long AVERAGE_UNIT = 10;

  /** Running totals of a task's native batches. */
  public static final class Fill {
    private long tokens;
    private long capacity;
  }

  public static OperatorMetrics of(SparkContext context, FunctionOptions options) {
    return new OperatorMetrics(
        metric(context, "sum", "rows " + done(options)),
        metric(context, "sum", "rows null"),
        metric(context, "sum", "rows failed"),
        metric(context, "sum", "rows truncated"),
        metric(context, "sum", "rows deduplicated"),
        metric(context, "sum", "tokens"),
        metric(context, "sum", "tokens generated"),
        metric(context, "sum", "native batches"),
        metric(context, "average", "fill of batches (%)"),
        metric(context, "nsTiming", "time tokenising"),
        metric(context, "nsTiming", "time encoding"),
        metric(context, "timing", "time loading the model"));
  }

  /** The participle for a processed row in messages: answered or embedded. */
  public static String done(FunctionOptions options) {
    return options instanceof GenerateOptions ? "answered" : "embedded";
  }

  // The factory methods of SQLMetrics have different parameters in each Spark version.
  private static SQLMetric metric(SparkContext context, String type, String name) {
    SQLMetric metric = new SQLMetric(type, 0L);
    context.register(metric, name);
    return metric;
  }

  public Map<String, SQLMetric> asMap() {
    Map<String, SQLMetric> map = scala.collection.immutable.Map$.MODULE$.empty();
    for (SQLMetric metric :
        List.of(
            embedded,
            nulls,
            failed,
            truncated,
            deduplicated,
            tokens,
            generatedTokens,
            batches,
            batchFill,
            tokenizeTime,
            encodeTime,
            loadTime)) {
      map = map.$plus(new Tuple2<>(metric.name().get(), metric));
    }
    return map;
  }

  /**
   * Adds the counts of one window. Called in a task.
   *
   * @param fill the running totals of the task
   */
  public void add(WindowCounts counts, Fill fill) {
    embedded.add(counts.embedded());
    nulls.add(counts.nulls());
    failed.add(counts.failed());
    truncated.add(counts.truncated());
    deduplicated.add(counts.deduplicated());
    tokens.add(counts.tokens());
    generatedTokens.add(counts.generatedTokens());
    batches.add(counts.batches());
    tokenizeTime.add(counts.tokenizeNanos());
    encodeTime.add(counts.encodeNanos());
    if (counts.batchCapacity() > 0) {
      fill.tokens += counts.tokens();
      fill.capacity += counts.batchCapacity();
      batchFill.set(100 * AVERAGE_UNIT * fill.tokens / fill.capacity);
    }
  }
}
