package dev.embark.spark;

import dev.embark.spark.metrics.ExecutorCounters;
import java.util.Map;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * Spark plugin that loads the models of {@code spark.embark.warm} before an executor's first task
 * and publishes executor counters in Spark's metrics system, for example {@code
 * plugin.dev.embark.spark.EmbarkPlugin.tokens}. Enable it by {@code
 * spark.plugins=dev.embark.spark.EmbarkPlugin}.
 */
public final class EmbarkPlugin implements SparkPlugin {
  @Override
  public DriverPlugin driverPlugin() {
    return null; // null means no driver plugin
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
