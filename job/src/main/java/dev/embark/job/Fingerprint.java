package dev.embark.job;

import dev.embark.engine.EmbedOption;
import dev.embark.engine.EmbedOptions;
import dev.embark.engine.Sha256;
import dev.embark.spark.EmbedIdentity;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.sql.SparkSession;

/**
 * What makes vectors comparable: two vectors of one fingerprint came from the same model, in the
 * same way.
 *
 * @param sha256 of all the rest, in hex
 * @param modelSha256 of the model's file, wherever it lies
 * @param options every option that changes a vector, defaults written out
 * @param vectorVersion {@link #VECTOR_VERSION} of the Embark that made the vectors
 */
record Fingerprint(
    String sha256, String modelSha256, SortedMap<String, String> options, int vectorVersion) {
  /** Raised whenever Embark computes other vectors from the same model and options. */
  static final int VECTOR_VERSION = 1;

  // Devices and the accelerator round in other ways, as another machine with the same options may.
  private static final Set<EmbedOption> NOT_IN_VECTORS =
      Set.of(
          EmbedOption.MODEL,
          EmbedOption.MODEL_SHA256,
          EmbedOption.MODE,
          EmbedOption.DEVICE,
          EmbedOption.ACCELERATOR,
          EmbedOption.BATCH_TOKENS);

  /** Options that only say what becomes of texts that are too long. */
  private static final Set<String> OF_LONG_TEXTS =
      Set.of(
          EmbedOption.LONG_TEXT.key(),
          EmbedOption.MAX_TOKENS.key(),
          EmbedOption.CHUNK_OVERLAP.key());

  /** Of what embed() does in a session; reads the model's file. */
  static Fingerprint of(SparkSession spark, Map<String, String> callOptions) {
    EmbedOptions options = EmbedIdentity.options(spark, callOptions);
    return of(EmbedIdentity.modelSha256(spark, options), options);
  }

  static Fingerprint of(String modelSha256, EmbedOptions options) {
    SortedMap<String, String> written = new TreeMap<>();
    for (EmbedOption option : EmbedOption.values()) {
      if (!NOT_IN_VECTORS.contains(option)) {
        written.put(
            option.key(), options.asMap().getOrDefault(option.key(), option.defaultValue()));
      }
    }
    String all = modelSha256 + "\n" + written + "\n" + VECTOR_VERSION;
    return new Fingerprint(Sha256.of(all), modelSha256, written, VECTOR_VERSION);
  }

  /** Whether the two differ at most in what becomes of texts that are too long. */
  boolean isSameForShortTexts(Fingerprint other) {
    SortedMap<String, String> own = new TreeMap<>(options);
    SortedMap<String, String> others = new TreeMap<>(other.options);
    own.keySet().removeAll(OF_LONG_TEXTS);
    others.keySet().removeAll(OF_LONG_TEXTS);
    return modelSha256.equals(other.modelSha256)
        && own.equals(others)
        && vectorVersion == other.vectorVersion;
  }

  /** Names what differs, for the user. */
  String difference(Fingerprint other) {
    if (!modelSha256.equals(other.modelSha256)) {
      return "the model is another file";
    }
    for (Map.Entry<String, String> option : options.entrySet()) {
      String there = other.options.get(option.getKey());
      if (!option.getValue().equals(there)) {
        return "%s is %s here and %s there"
            .formatted(option.getKey(), shown(option.getValue()), shown(there));
      }
    }
    return "this Embark computes other vectors";
  }

  private static String shown(String value) {
    return value == null || value.isEmpty() ? "unset" : value;
  }
}
