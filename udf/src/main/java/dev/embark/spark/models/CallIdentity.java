package dev.embark.spark.models;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.spark.conf.EmbarkConf;
import java.util.Map;
import org.apache.spark.sql.SparkSession;

/** What a call in a session stands for: its options and its model. For the driver. */
public final class CallIdentity {
  private CallIdentity() {}

  /**
   * Lets calls name a model of a web server, which they else may only with {@code
   * spark.embark.allowHttp}: for one that the operator of the application named, never for one that
   * comes with a query.
   *
   * @param uri as the option {@code model} has it
   */
  public static void allowModel(String uri) {
    WebModelPolicy.allow(uri);
  }

  /**
   * The options that a call of embed() has, those of the session's conf included.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind OPTION when one is not allowed
   */
  public static EmbedOptions options(SparkSession session, Map<String, String> ofCall) {
    return EmbarkConf.options(session.conf().getAll()).with(ofCall);
  }

  /**
   * The options that a call of generate() has, those of the session's conf included.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind OPTION when one is not allowed
   */
  public static GenerateOptions generateOptions(SparkSession session, Map<String, String> ofCall) {
    return EmbarkConf.generateOptions(session.conf().getAll()).with(ofCall);
  }

  /**
   * The SHA-256 of the model's file, in lower-case hex; fetches the model only where its place does
   * not tell.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind MODEL when it cannot be had
   */
  public static String modelSha256(SparkSession session, FunctionOptions options) {
    return ModelAccess.ofSession(session.sparkContext(), options.model())
        .sha256(options, ExecutorModels.store());
  }
}
