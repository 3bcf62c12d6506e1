package dev.embark.job.state;

import dev.embark.engine.model.Sha256;
import dev.embark.engine.options.EmbedOption;
import dev.embark.engine.options.FunctionOption;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOption;
import dev.embark.spark.models.CallIdentity;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;

/**
 * What makes results comparable: two vectors, or two answers, of one fingerprint came from the same
 * model, in the same way.
 *
 * @param sha256 of all the rest, in hex
 * @param modelSha256 of the model's file, wherever it lies
 * @param options every option that changes a result, defaults written out
 * @param vectorVersion {@link #VECTOR_VERSION} of the Embark that made the results
 */
public record Fingerprint(
    String sha256, String modelSha256, SortedMap<String, String> options, int vectorVersion) {
  /** Raised whenever Embark computes other results from the same model and options. */
  static final int VECTOR_VERSION = 2;

  // Devices and the accelerator round in other ways, as another machine with the same options may.
  private static final Set<String> NOT_IN_RESULTS =
      Stream.<FunctionOption>of(
              EmbedOption.MODEL,
              EmbedOption.MODEL_SHA256,
              EmbedOption.MODE,
              EmbedOption.DEVICE,
              EmbedOption.ACCELERATOR,
              EmbedOption.BATCH_TOKENS,
              GenerateOption.CONTEXT_TOKENS,
              GenerateOption.SEQUENCES,
              GenerateOption.RETRIES)
          .map(FunctionOption::key)
          .collect(Collectors.toUnmodifiableSet());

  /** Of what a call does in a session; reads the model's file. */
  public static Fingerprint of(SparkSession spark, FunctionCall call) {
    FunctionOptions options = call.options(spark);
    return of(CallIdentity.modelSha256(spark, options), options);
  }

  public static Fingerprint of(String modelSha256, FunctionOptions options) {
    SortedMap<String, String> written = new TreeMap<>(options.complete());
    written.keySet().removeAll(NOT_IN_RESULTS);
    String all = modelSha256 + "\n" + written + "\n" + VECTOR_VERSION;
    return new Fingerprint(Sha256.of(all), modelSha256, written, VECTOR_VERSION);
  }

  /**
   * Whether the two differ at most in what becomes of texts that are too long.
   *
   * @param ofLongTexts keys of options that say nothing else
   */
  public boolean isSameForShortTexts(Fingerprint other, Set<String> ofLongTexts) {
    SortedMap<String, String> own = new TreeMap<>(options);
    SortedMap<String, String> others = new TreeMap<>(other.options);
    own.keySet().removeAll(ofLongTexts);
    others.keySet().removeAll(ofLongTexts);
    return modelSha256.equals(other.modelSha256)
        && own.equals(others)
        && vectorVersion == other.vectorVersion;
  }

  /** Names what differs, for the user. */
  public String difference(Fingerprint other) {
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
    return "this Embark computes other results";
  }

  private static String shown(String value) {
    return value == null || value.isEmpty() ? "unset" : value;
  }
}
