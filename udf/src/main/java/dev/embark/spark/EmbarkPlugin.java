package dev.embark.spark;

import dev.embark.spark.metrics.ExecutorCounters;
import java.util.Map;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * {@code spark.plugins=dev.embark.spark.EmbarkPlugin}: executors load the models that {@code
 * spark.embark.warm} names before their first task, and show what they have embedded in Spark's
 * metrics system, as {@code plugin.dev.embark.spark.EmbarkPlugin.tokens} and so on.
 */
public final class EmbarkPlugin implements SparkPlugin {
  @Override
  public DriverPlugin driverPlugin() {
    return null; // Spark's way to say that there is none
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      @Override
      public void init(PluginContext context, Map<String, String> extraConf) {
        ExecutorCounters.register(context.metricRegistry());
        WarmStart.run(context);
      }
    };
  }
}
