package dev.embark.spark;

import dev.embark.engine.EmbedOptions;
import dev.embark.engine.EmbeddingException;
import dev.embark.engine.EmbeddingException.Kind;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkEnv;
import org.apache.spark.sql.internal.SQLConf;

/**
 * The options of a session: {@code spark.embark.<option>}. Read on the driver only; what a call
 * needs travels with it as plain values.
 */
final class EmbarkConf {
  static final String PREFIX = "spark.embark.";

  /** {@code true} for a line on the speed of each stage on the driver's standard error. */
  static final String PROGRESS = PREFIX + "progress";

  private EmbarkConf() {}

  /**
   * Whether the running session wants to be told the speed of each stage.
   *
   * @throws EmbeddingException of kind OPTION when it says neither true nor false
   */
  static boolean progress() {
    String value = SQLConf.get().getConfString(PROGRESS, "false");
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new EmbeddingException(
              Kind.OPTION, PROGRESS + " is '" + value + "'; it takes true or false.");
    };
  }

  /**
   * The options of the running session.
   *
   * @throws dev.embark.engine.EmbeddingException of kind OPTION when one is not allowed
   */
  static EmbedOptions sessionOptions() {
    return options(SQLConf.get().getAllConfs());
  }

  /** The same of a session's conf. */
  static EmbedOptions options(scala.collection.Map<String, String> conf) {
    Map<String, String> options = new TreeMap<>();
    conf.foreach(
        entry -> {
          if (ExecutorSetting.of(entry._1()).isPresent()) {
            checkUnchanged(entry._1(), entry._2());
          } else if (entry._1().startsWith(PREFIX) && !entry._1().equals(PROGRESS)) {
            options.put(entry._1().substring(PREFIX.length()), entry._2());
          }
          return null;
        });
    return EmbedOptions.of(options);
  }

  /** Executors read these when they start; a session that sets another value would wait in vain. */
  private static void checkUnchanged(String key, String value) {
    SparkEnv env = SparkEnv.get();
    if (env != null && !env.conf().get(key, "").equals(value)) {
      throw new EmbeddingException(
          Kind.OPTION,
          key
              + " belongs to the application: set it before Spark starts, with --conf "
              + key
              + "=…");
    }
  }
}
