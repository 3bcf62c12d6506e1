package dev.embark.spark.conf;

import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.ClassifyOptions;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOption;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.options.RerankOption;
import dev.embark.engine.options.RerankOptions;
import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.compat.EmbarkBuild;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkEnv;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.internal.SQLConf$;

/**
 * Reads a session's options from its conf: {@code spark.embark.<option>} for embeddings, {@code
 * spark.embark.rerank.<option>} for reranking, {@code spark.embark.generate.<option>} for
 * generation and {@code spark.embark.classify.<option>} for classification. Used on the driver
 * only; calls carry their options to tasks as plain values.
 */
public final class EmbarkConf {
  public static final String PREFIX = "spark.embark.";

  /** Prefix of the options for generation. */
  public static final String GENERATE_PREFIX = PREFIX + "generate.";

  /** Prefix of the options for reranking. */
  public static final String RERANK_PREFIX = PREFIX + "rerank.";

  /** Prefix of the options for classification. */
  public static final String CLASSIFY_PREFIX = PREFIX + "classify.";

  /** {@code true} prints the throughput of each stage to the driver's standard error. */
  public static final String PROGRESS = PREFIX + "progress";

  /** Version of the jar, for clients that cannot see the jar itself; read-only by convention. */
  public static final String VERSION = PREFIX + "version";

  private EmbarkConf() {}

  /**
   * Registers the options with Spark. A view or SQL function captures only registered confs of the
   * session that creates it; Spark ignores all others when the view or function is used.
   */
  public static synchronized void register() {
    register(PREFIX, SqlFunction.EMBEDDING);
    register(PREFIX, SqlFunction.CHUNKS);
    register(RERANK_PREFIX, SqlFunction.SCORE);
    register(GENERATE_PREFIX, SqlFunction.ANSWER);
    register(CLASSIFY_PREFIX, SqlFunction.LABEL);
    if (!SQLConf.get().isModifiable(VERSION)) {
      SQLConf$.MODULE$
          .buildConf(VERSION)
          .doc("Version of the Embark jar that this session runs with; not to be set.")
          .stringConf()
          .createWithDefault(EmbarkBuild.current().version());
    }
  }

  private static void register(String prefix, SqlFunction function) {
    for (FunctionOption option : function.options()) {
      String key = prefix + option.key();
      if (!SQLConf.get().isModifiable(key)) {
        SQLConf$.MODULE$.buildConf(key).doc(option.description()).stringConf().createOptional();
      }
    }
  }

  /**
   * Whether the running session prints the throughput of each stage.
   *
   * @throws EmbarkException of kind OPTION if the value is neither true nor false
   */
  public static boolean progress() {
    String value = SQLConf.get().getConfString(PROGRESS, "false");
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new EmbarkException(
              Condition.INVALID_CONF,
              Map.of("conf", PROGRESS, "value", value, "takes", "true or false"));
    };
  }

  /**
   * The running session's options for a function.
   *
   * @throws EmbarkException of kind OPTION if an option is not allowed
   */
  public static FunctionOptions sessionOptions(SqlFunction function) {
    if (function.isScore()) {
      return RerankOptions.of(under(RERANK_PREFIX, SQLConf.get().getAllConfs()));
    }
    if (function.isAnswer()) {
      return sessionGenerateOptions();
    }
    if (function.isLabel()) {
      return ClassifyOptions.of(under(CLASSIFY_PREFIX, SQLConf.get().getAllConfs()));
    }
    return function.isOfChunks() ? chunkOptions(SQLConf.get().getAllConfs()) : sessionOptions();
  }

  /** The conf key by which a session names the model of a function. */
  public static String modelKey(SqlFunction function) {
    return prefix(function) + RerankOption.MODEL.key();
  }

  private static String prefix(SqlFunction function) {
    if (function.isScore()) {
      return RERANK_PREFIX;
    }
    if (function.isLabel()) {
      return CLASSIFY_PREFIX;
    }
    return function.isAnswer() ? GENERATE_PREFIX : PREFIX;
  }

  /**
   * The running session's options for embeddings.
   *
   * @throws EmbarkException of kind OPTION if an option is not allowed
   */
  public static EmbedOptions sessionOptions() {
    return options(SQLConf.get().getAllConfs());
  }

  /**
   * The running session's options for generation.
   *
   * @throws EmbarkException of kind OPTION if an option is not allowed
   */
  public static GenerateOptions sessionGenerateOptions() {
    return generateOptions(SQLConf.get().getAllConfs());
  }

  /** Whether a conf key names an option for embeddings. */
  public static boolean isEmbedOption(String key) {
    return key.startsWith(PREFIX)
        && !key.startsWith(GENERATE_PREFIX)
        && !key.startsWith(RERANK_PREFIX)
        && !key.startsWith(CLASSIFY_PREFIX)
        && !key.equals(PROGRESS);
  }

  /** The options for generation in a session's conf. */
  public static GenerateOptions generateOptions(scala.collection.Map<String, String> conf) {
    return GenerateOptions.of(under(GENERATE_PREFIX, conf));
  }

  private static Map<String, String> under(
      String prefix, scala.collection.Map<String, String> conf) {
    Map<String, String> options = new TreeMap<>();
    conf.foreach(
        entry -> {
          if (entry._1().startsWith(prefix)) {
            options.put(entry._1().substring(prefix.length()), entry._2());
          }
          return null;
        });
    return options;
  }

  /**
   * The options for embeddings of whole texts in a session's conf; those of chunks are left out.
   */
  public static EmbedOptions options(scala.collection.Map<String, String> conf) {
    return EmbedOptions.of(embedOptions(conf, SqlFunction.EMBEDDING));
  }

  /**
   * The options for embeddings of chunks in a session's conf; those of whole texts are left out.
   */
  public static ChunkOptions chunkOptions(scala.collection.Map<String, String> conf) {
    return ChunkOptions.of(embedOptions(conf, SqlFunction.CHUNKS));
  }

  private static Map<String, String> embedOptions(
      scala.collection.Map<String, String> conf, SqlFunction function) {
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
    return optionsFor(function, options);
  }

  /**
   * The options of a session or application that apply to a function: all but those that only
   * embeddings of the other kind have, of whole texts or of chunks. Unknown keys are kept, for the
   * function to refuse.
   */
  public static Map<String, String> optionsFor(SqlFunction function, Map<String, String> options) {
    Map<String, String> own = new TreeMap<>(options);
    own.keySet()
        .removeIf(
            key ->
                !has(function, key)
                    && (has(SqlFunction.EMBEDDING, key) || has(SqlFunction.CHUNKS, key)));
    return own;
  }

  private static boolean has(SqlFunction function, String key) {
    return function.options().stream().anyMatch(option -> option.key().equalsIgnoreCase(key));
  }

  /**
   * Executors read their settings at startup, so a different value in a session would have no
   * effect.
   */
  private static void checkUnchanged(String key, String value) {
    SparkEnv env = SparkEnv.get();
    if (env != null && !env.conf().get(key, "").equals(value)) {
      throw new EmbarkException(Condition.CONF_OF_APPLICATION, Map.of("conf", key));
    }
  }
}
