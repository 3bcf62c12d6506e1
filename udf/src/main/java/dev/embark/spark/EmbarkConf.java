package dev.embark.spark;

import dev.embark.engine.EmbedOptions;
import dev.embark.engine.EmbeddingException;
import dev.embark.engine.EmbeddingException.Kind;
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

  private EmbarkConf() {}

  /**
   * The options of the running session.
   *
   * @throws dev.embark.engine.EmbeddingException of kind OPTION when one is not allowed
   */
  static EmbedOptions sessionOptions() {
    Map<String, String> options = new TreeMap<>();
    SQLConf.get()
        .getAllConfs()
        .foreach(
            entry -> {
              if (ExecutorSetting.of(entry._1()).isPresent()) {
                checkUnchanged(entry._1(), entry._2());
              } else if (entry._1().startsWith(PREFIX)) {
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
