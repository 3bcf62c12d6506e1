package dev.embark.spark.metrics;

import dev.embark.engine.options.ClassifyOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.options.RerankOptions;
import dev.embark.engine.rows.RowCounter;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.execution.metric.SQLMetric;
import scala.Tuple2;
import scala.collection.immutable.Map;

/** SQL metrics of a model operator, shown in the SQL tab of Spark's UI and updated by tasks. */
public final class OperatorMetrics implements Serializable {
  private static final long serialVersionUID = 1L;

  // Spark stores average metrics in tenths.
  private static final long AVERAGE_UNIT = 10;

  private final EnumMap<RowCounter, SQLMetric> counters = new EnumMap<>(RowCounter.class);
  private final SQLMetric batches;
  private final SQLMetric batchFill;
  private final SQLMetric tokenizeTime;
  private final SQLMetric encodeTime;
  private final SQLMetric loadTime;

  private OperatorMetrics(SparkContext context, FunctionOptions options) {
    for (RowCounter counter : RowCounter.METRICS) {
      String name = counter == RowCounter.DONE ? "rows " + done(options) : counter.label();
      counters.put(counter, metric(context, "sum", name));
    }
    batches = metric(context, "sum", "native batches");
    batchFill = metric(context, "average", "fill of batches (%)");
    tokenizeTime = metric(context, "nsTiming", "time tokenising");
    encodeTime = metric(context, "nsTiming", "time encoding");
    loadTime = metric(context, "timing", "time loading the model");
  }

  /** Running totals of a task's native batches. */
  public static final class Fill {
    private long tokens;
    private long capacity;
  }

  public static OperatorMetrics of(SparkContext context, FunctionOptions options) {
    return new OperatorMetrics(context, options);
  }

  /** The participle for a processed row in messages: answered, scored, classified or embedded. */
  public static String done(FunctionOptions options) {
    if (options instanceof RerankOptions) {
      return "scored";
    }
    if (options instanceof ClassifyOptions) {
      return "classified";
    }
    return options instanceof GenerateOptions ? "answered" : "embedded";
  }

  // The factory methods of SQLMetrics have different parameters in each Spark version.
  private static SQLMetric metric(SparkContext context, String type, String name) {
    SQLMetric metric = new SQLMetric(type, 0L);
    context.register(metric, name);
    return metric;
  }

  public Map<String, SQLMetric> asMap() {
    List<SQLMetric> all = new ArrayList<>(counters.values());
    all.addAll(List.of(batches, batchFill, tokenizeTime, encodeTime, loadTime));
    Map<String, SQLMetric> map = scala.collection.immutable.Map$.MODULE$.empty();
    for (SQLMetric metric : all) {
      map = map.$plus(new Tuple2<>(metric.name().get(), metric));
    }
    return map;
  }

  /**
   * Adds the counts of one window. Called in a task.
   *
   * @param fill the running totals of the task
   */
  public void add(WindowCounts window, Fill fill) {
    counters.forEach((counter, metric) -> metric.add(counter.of(window.counts())));
    batches.add(window.batches());
    tokenizeTime.add(window.tokenizeNanos());
    encodeTime.add(window.encodeNanos());
    if (window.batchCapacity() > 0) {
      fill.tokens += window.counts().tokens();
      fill.capacity += window.batchCapacity();
      batchFill.set(100 * AVERAGE_UNIT * fill.tokens / fill.capacity);
    }
  }

  /** Adds the time in which a task loaded its model. Called in a task. */
  public void addLoadMillis(long millis) {
    loadTime.add(millis);
  }
}
