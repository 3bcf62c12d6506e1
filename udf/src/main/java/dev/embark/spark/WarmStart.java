package dev.embark.spark;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.conf.EmbarkConf;
import dev.embark.spark.conf.ExecutorSetting;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.models.EnginePool;
import dev.embark.spark.models.ExecutorModels;
import dev.embark.spark.models.ModelAccess;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkConf;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.resource.ResourceInformation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads the models of {@code spark.embark.warm} before an executor runs its first task, on every
 * GPU of the executor or else on the CPU. A model that cannot be loaded is logged as a warning; the
 * first task that needs it fails with the same message.
 */
final class WarmStart {
  private static final Logger LOG = LoggerFactory.getLogger(WarmStart.class);
  private static final String DEFAULT = "default";

  private WarmStart() {}

  /** Called once per executor, before its first task. */
  static void run(PluginContext context) {
    ResourceInformation gpus = context.resources().get("gpu");
    run(context.conf(), gpus == null ? List.of() : List.of(gpus.addresses()));
  }

  private static void run(SparkConf conf, List<String> gpus) {
    String warm = conf.get(ExecutorSetting.WARM.key(), ExecutorSetting.WARM.defaultValue());
    for (String model : Arrays.stream(warm.split(",")).map(String::strip).toList()) {
      if (!model.isEmpty()) {
        warm(conf, model, gpus);
      }
    }
  }

  private static void warm(SparkConf conf, String model, List<String> gpus) {
    try {
      // Tasks lease engines by options that include the model's hash; an engine without it would
      // not be reused.
      FunctionOptions options =
          ModelAccess.NONE.pinned(options(conf, model), ExecutorModels.store());
      List<List<String>> places =
          gpus.isEmpty() ? List.of(List.of()) : gpus.stream().map(List::of).toList();
      for (List<String> place : places) {
        try (EnginePool.Lease lease = ExecutorModels.lease(options, ModelAccess.NONE, place)) {
          LOG.info("Loaded {} in {} ms, before the first task", model, lease.loadMillis());
        }
      }
    } catch (EmbarkException e) {
      LOG.warn(
          "{} names a model that cannot be loaded: {}", ExecutorSetting.WARM.key(), e.getMessage());
    }
  }

  /** The options in the application's conf; a session may override them later. */
  private static EmbedOptions options(SparkConf conf, String model) {
    Map<String, String> options = new TreeMap<>();
    for (scala.Tuple2<String, String> entry : conf.getAllWithPrefix(EmbarkConf.PREFIX)) {
      if (ExecutorSetting.of(EmbarkConf.PREFIX + entry._1()).isEmpty()
          && EmbarkConf.isEmbedOption(EmbarkConf.PREFIX + entry._1())) {
        options.put(entry._1(), entry._2());
      }
    }
    EmbedOptions application =
        EmbedOptions.of(EmbarkConf.optionsFor(SqlFunction.EMBEDDING, options));
    return model.equals(DEFAULT) ? application : application.with(Map.of("model", model));
  }
}
