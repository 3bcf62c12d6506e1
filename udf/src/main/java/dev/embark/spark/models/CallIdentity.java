package dev.embark.spark.models;

import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.spark.conf.EmbarkConf;
import java.util.Map;
import org.apache.spark.sql.SparkSession;

/**
 * Resolves the options and the model hash of a call in a session, which together determine its
 * results. Used on the driver.
 */
public final class CallIdentity {
  private CallIdentity() {}

  /**
   * Allows calls to name a model on a web server without {@code spark.embark.allowHttp}. Only for a
   * model that the operator of the application configured, never for one that a query names.
   *
   * @param uri the model's URI as in the option {@code model}
   */
  public static void allowModel(String uri) {
    WebModelPolicy.allow(uri);
  }

  /**
   * The options of an embed() call, including those of the session's conf.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind OPTION if an option is not allowed
   */
  public static EmbedOptions options(SparkSession session, Map<String, String> callOptions) {
    return EmbarkConf.options(session.conf().getAll()).with(callOptions);
  }

  /**
   * The options of an embed_chunks() call, including those of the session's conf.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind OPTION if an option is not allowed
   */
  public static ChunkOptions chunkOptions(SparkSession session, Map<String, String> callOptions) {
    return EmbarkConf.chunkOptions(session.conf().getAll()).with(callOptions);
  }

  /**
   * The options of a generate() call, including those of the session's conf.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind OPTION if an option is not allowed
   */
  public static GenerateOptions generateOptions(
      SparkSession session, Map<String, String> callOptions) {
    return EmbarkConf.generateOptions(session.conf().getAll()).with(callOptions);
  }

  /**
   * The SHA-256 of the model file in lower-case hex; fetches the model only if its source does not
   * provide the hash.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind MODEL if the model cannot be fetched
   */
  public static String modelSha256(SparkSession session, FunctionOptions options) {
    return ModelAccess.ofSession(session.sparkContext(), options.model())
        .sha256(options, ExecutorModels.store());
  }
}
