package dev.embark.spark.models;

import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.conf.EmbarkConf;
import dev.embark.spark.conf.ExecutorSetting;
import dev.embark.store.ModelPlaces;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;

/**
 * Decides which calls may name a model on a web server, or on another server that the URL of the
 * model names. Without this policy, anyone who may run SQL could make the driver and the executors
 * fetch any URL in their network. Used on the driver; safe for any thread.
 */
public final class WebModelPolicy {
  private static final Set<String> OF_OPERATOR = ConcurrentHashMap.newKeySet();

  private WebModelPolicy() {}

  /** Allows calls to name a model that the operator of this application configured. */
  static void allow(String uri) {
    OF_OPERATOR.add(uri);
  }

  /**
   * Checks the model of a call. Models that the application was started with are allowed.
   *
   * @throws EmbarkException of kind OPTION if calls may not name the model
   */
  public static void check(FunctionOptions options) {
    String model = options.model();
    if (!ModelPlaces.namesServer(model) || OF_OPERATOR.contains(model)) {
      return;
    }
    SparkConf conf = SparkEnv.get() == null ? new SparkConf() : SparkEnv.get().conf();
    if (ExecutorSettings.allowsHttp(conf)
        || conf.get(EmbarkConf.PREFIX + "model", "").equals(model)
        || conf.get(EmbarkConf.RERANK_PREFIX + "model", "").equals(model)
        || conf.get(EmbarkConf.GENERATE_PREFIX + "model", "").equals(model)) {
      return;
    }
    throw new EmbarkException(
        Condition.SERVER_NOT_ALLOWED,
        Map.of("model", model, "conf", ExecutorSetting.ALLOW_HTTP.key()));
  }
}
