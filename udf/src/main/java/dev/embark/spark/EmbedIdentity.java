package dev.embark.spark;

import dev.embark.engine.EmbedOptions;
import dev.embark.engine.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.apache.spark.sql.SparkSession;

/** What a call of embed() in a session stands for: its options and its model. For the driver. */
public final class EmbedIdentity {
  private EmbedIdentity() {}

  /**
   * The options that a call has, those of the session's conf included.
   *
   * @throws dev.embark.engine.EmbeddingException of kind OPTION when one is not allowed
   */
  public static EmbedOptions options(SparkSession session, Map<String, String> ofCall) {
    return EmbarkConf.optionsIn(session.conf().getAll()).with(ofCall);
  }

  /**
   * The SHA-256 of the model's file, in lower-case hex; fetches the model and reads all of it.
   *
   * @throws dev.embark.engine.EmbeddingException of kind MODEL when it cannot be read
   */
  public static String modelSha256(EmbedOptions options) {
    try {
      return Sha256.of(ModelStore.fetch(options.model(), options.modelSha256()));
    } catch (IOException e) {
      throw new UncheckedIOException("The model " + options.model() + " cannot be read", e);
    }
  }
}
