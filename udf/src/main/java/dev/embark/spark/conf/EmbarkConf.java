package dev.embark.spark.conf;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOption;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkEnv;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.internal.SQLConf$;

/**
 * The options of a session: {@code spark.embark.<option>}, and {@code
 * spark.embark.generate.<option>} for generations. Read on the driver only; what a call needs
 * travels with it as plain values.
 */
public final class EmbarkConf {
  public static final String PREFIX = "spark.embark.";

  /** Before the options of a generation. */
  public static final String GENERATE_PREFIX = PREFIX + "generate.";

  /** {@code true} for a line on the speed of each stage on the driver's standard error. */
  public static final String PROGRESS = PREFIX + "progress";

  private EmbarkConf() {}

  /**
   * Makes Spark know the options: with a view or a function in SQL it keeps those confs of the
   * session that it knows, and takes no others into account when that is used.
   */
  public static synchronized void register() {
    register(PREFIX, SqlFunction.EMBEDDING);
    register(GENERATE_PREFIX, SqlFunction.ANSWER);
  }

  private static void register(String prefix, SqlFunction output) {
    for (FunctionOption option : output.options()) {
      String key = prefix + option.key();
      if (!SQLConf.get().isModifiable(key)) {
        SQLConf$.MODULE$.buildConf(key).doc(option.description()).stringConf().createOptional();
      }
    }
  }

  /**
   * Whether the running session wants to be told the speed of each stage.
   *
   * @throws EmbarkException of kind OPTION when it says neither true nor false
   */
  public static boolean progress() {
    String value = SQLConf.get().getConfString(PROGRESS, "false");
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new EmbarkException(
              Kind.OPTION, PROGRESS + " is '" + value + "'; it takes true or false.");
    };
  }

  /**
   * The options of the running session for embeddings.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind OPTION when one is not allowed
   */
  public static EmbedOptions sessionOptions() {
    return options(SQLConf.get().getAllConfs());
  }

  /**
   * The options of the running session for generations.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind OPTION when one is not allowed
   */
  public static GenerateOptions sessionGenerateOptions() {
    return generateOptions(SQLConf.get().getAllConfs());
  }

  /** Whether a key of the conf is an option of an embedding. */
  public static boolean isEmbedOption(String key) {
    return key.startsWith(PREFIX) && !key.startsWith(GENERATE_PREFIX) && !key.equals(PROGRESS);
  }

  /** The options of generations in a session's conf. */
  public static GenerateOptions generateOptions(scala.collection.Map<String, String> conf) {
    Map<String, String> options = new TreeMap<>();
    conf.foreach(
        entry -> {
          if (entry._1().startsWith(GENERATE_PREFIX)) {
            options.put(entry._1().substring(GENERATE_PREFIX.length()), entry._2());
          }
          return null;
        });
    return GenerateOptions.of(options);
  }

  /** The options of embeddings in a session's conf. */
  public static EmbedOptions options(scala.collection.Map<String, String> conf) {
    Map<String, String> options = new TreeMap<>();
    conf.foreach(
        entry -> {
          if (ExecutorSetting.of(entry._1()).isPresent()) {
            checkUnchanged(entry._1(), entry._2());
          } else if (isEmbedOption(entry._1())) {
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
      throw new EmbarkException(
          Kind.OPTION,
          key
              + " belongs to the application: set it before Spark starts, with --conf "
              + key
              + "=…");
    }
  }
}
