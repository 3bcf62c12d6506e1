package dev.embark.spark;

import com.codahale.metrics.MetricRegistry;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.spark.catalyst.ModelFunction;
import dev.embark.spark.catalyst.NearestFunction;
import dev.embark.spark.conf.EmbarkConf;
import dev.embark.spark.conf.ExecutorSetting;
import dev.embark.spark.metrics.ExecutorCounters;
import dev.embark.spark.metrics.OperatorMetrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;

/** Facts for the reference that {@code udf/} does not publish. */
public final class UdfFacts {
  private UdfFacts() {}

  /** The documentation of each function, as {@code DESCRIBE FUNCTION} has it. */
  public static List<ExpressionInfo> functions() {
    return ModelFunction.all().stream().map(ModelFunction::info).toList();
  }

  /** The documentation of each table function, as {@code DESCRIBE FUNCTION} has it. */
  public static List<ExpressionInfo> tableFunctions() {
    return List.of(NearestFunction.info());
  }

  /**
   * A metric of the operator.
   *
   * @param kind of {@code SQLMetric}
   */
  public record Metric(String name, String kind) {}

  /** The metrics of the operator, in the order of their names. */
  public static List<Metric> metrics(SparkContext context) {
    List<Metric> metrics = new ArrayList<>();
    OperatorMetrics.of(context, EmbedOptions.defaults())
        .asMap()
        .foreach(
            entry -> metrics.add(new Metric(entry._2().name().get(), entry._2().metricType())));
    metrics.sort(Comparator.comparing(Metric::name));
    return metrics;
  }

  /** A setting of an application, with its whole key. */
  public record Setting(String key, String takes, String defaultValue, String description) {}

  /** What is set before Spark starts, in the order of the code. */
  public static List<Setting> settings() {
    return Arrays.stream(ExecutorSetting.values())
        .map(s -> new Setting(s.key(), s.takes(), s.defaultValue(), s.description()))
        .toList();
  }

  /** The conf that shows the speed of each stage. */
  public static String progressConf() {
    return EmbarkConf.PROGRESS;
  }

  /** The metrics that an executor shows in Spark's metrics system, with the plugin. */
  public static List<String> executorMetrics() {
    MetricRegistry registry = new MetricRegistry();
    ExecutorCounters.register(registry);
    return List.copyOf(registry.getNames());
  }

  /** What every conf of a reranking begins with. */
  public static String rerankConfPrefix() {
    return EmbarkConf.RERANK_PREFIX;
  }

  /** What every conf of a generation begins with. */
  public static String generateConfPrefix() {
    return EmbarkConf.GENERATE_PREFIX;
  }

  /** What every conf of a classification begins with. */
  public static String classifyConfPrefix() {
    return EmbarkConf.CLASSIFY_PREFIX;
  }

  /** What every conf begins with. */
  public static String confPrefix() {
    return EmbarkConf.PREFIX;
  }
}
