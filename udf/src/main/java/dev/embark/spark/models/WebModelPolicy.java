package dev.embark.spark.models;

import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.spark.conf.EmbarkConf;
import dev.embark.spark.conf.ExecutorSetting;
import dev.embark.store.ModelPlaces;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;

/**
 * Which calls may name a model of a web server, or of another server that the model's URL names.
 * Whoever may run SQL could otherwise have driver and executors fetch any URL of their network. For
 * the driver; safe for any thread.
 */
public final class WebModelPolicy {
  private static final Set<String> OF_OPERATOR = ConcurrentHashMap.newKeySet();

  private WebModelPolicy() {}

  /** Lets calls name a model that the operator of this application named. */
  static void allow(String uri) {
    OF_OPERATOR.add(uri);
  }

  /**
   * Checks the model of a call. A model that the application was started with is allowed.
   *
   * @throws EmbarkException of kind OPTION when calls may not name it
   */
  public static void check(FunctionOptions options) {
    String model = options.model();
    if (!ModelPlaces.namesServer(model) || OF_OPERATOR.contains(model)) {
      return;
    }
    SparkConf conf = SparkEnv.get() == null ? new SparkConf() : SparkEnv.get().conf();
    if (ExecutorSettings.allowsHttp(conf)
        || conf.get(EmbarkConf.PREFIX + "model", "").equals(model)
        || conf.get(EmbarkConf.GENERATE_PREFIX + "model", "").equals(model)) {
      return;
    }
    throw new EmbarkException(
        Kind.OPTION,
        "The model "
            + model
            + " is on a server that its URL names; calls may name one only if Spark was started with --conf "
            + ExecutorSetting.ALLOW_HTTP.key()
            + "=true.");
  }
}
