package dev.embark.spark;

import dev.embark.engine.EmbedOptions;
import java.util.Map;
import java.util.TreeMap;
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
    return optionsIn(SQLConf.get().getAllConfs());
  }

  /** The options among all that is set. */
  static EmbedOptions optionsIn(scala.collection.Map<String, String> conf) {
    Map<String, String> options = new TreeMap<>();
    conf.foreach(
        entry -> {
          if (entry._1().startsWith(PREFIX)) {
            options.put(entry._1().substring(PREFIX.length()), entry._2());
          }
          return null;
        });
    return EmbedOptions.of(options);
  }
}
