package dev.embark.job.state;

import dev.embark.engine.model.Sha256;
import dev.embark.engine.options.EmbedOption;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOption;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOption;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.models.CallIdentity;
import dev.embark.spark.models.ModelDescriber;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;

/**
 * Identity of the model and options that produced a result. Two vectors or two answers with equal
 * fingerprints are comparable.
 *
 * @param sha256 hash of the other components, in hex
 * @param modelSha256 hash of the model file's content, in hex
 * @param options every option that affects results, including defaults
 * @param vectorVersion the {@link #VECTOR_VERSION} of the Embark release that produced the results
 */
public record Fingerprint(
    String sha256, String modelSha256, SortedMap<String, String> options, int vectorVersion) {
  /** Incremented whenever Embark computes different results from the same model and options. */
  static final int VECTOR_VERSION = 4;

  // How results of a version differ from those of the one before, for the user.
  private static final Map<Integer, String> CHANGES =
      Map.of(
          2,
          "in version 2 vectors of decoders changed (cosine of at least 0.9998, measured with"
              + " SmolLM2), and answers",
          3,
          "in version 3 vectors of encoders changed on CPUs (cosine of at least 0.9999, or 0.999"
              + " with precision=int8, measured with MiniLM)",
          4,
          "in version 4 vectors of models with a unigram or byte-pair vocabulary changed for texts"
              + " with combining marks or single letters of Korean");

  // Devices and accelerators change only rounding, as another machine with the same options may. A
  // role is in the prefix that PromptChoice makes of it.
  private static final Set<String> NOT_IN_RESULTS =
      Stream.<FunctionOption>of(
              EmbedOption.MODEL,
              EmbedOption.MODEL_SHA256,
              EmbedOption.ROLE,
              EmbedOption.MODE,
              EmbedOption.DEVICE,
              EmbedOption.ACCELERATOR,
              EmbedOption.BATCH_TOKENS,
              GenerateOption.CONTEXT_TOKENS,
              GenerateOption.SEQUENCES,
              GenerateOption.DETERMINISTIC,
              GenerateOption.RETRIES)
          .map(FunctionOption::key)
          .collect(Collectors.toUnmodifiableSet());

  // An unset and an empty prefix have the same text but another result if the model has its own.
  private static final String NO_PREFIX = "'' in place of the model's own";

  /** Returns the fingerprint of a call in a session; reads the model file. */
  public static Fingerprint of(SparkSession spark, FunctionCall call) {
    FunctionOptions options = call.options(spark);
    Map<String, String> more =
        options instanceof EmbedOptions embed && replacesOwnPrefix(spark, embed)
            ? Map.of(EmbedOption.PREFIX.key(), NO_PREFIX)
            : Map.of();
    return of(CallIdentity.modelSha256(spark, options), options, more);
  }

  private static boolean replacesOwnPrefix(SparkSession spark, EmbedOptions options) {
    try {
      return options.prefix().filter(String::isEmpty).isPresent()
          && !ModelDescriber.ownPrefix(spark, options).isEmpty();
    } catch (EmbarkException e) {
      return false; // executors may be able to fetch a model that the driver cannot
    }
  }

  /** Returns the fingerprint of a model without a prefix of its own. */
  public static Fingerprint of(String modelSha256, FunctionOptions options) {
    return of(modelSha256, options, Map.of());
  }

  private static Fingerprint of(
      String modelSha256, FunctionOptions options, Map<String, String> more) {
    SortedMap<String, String> written = new TreeMap<>(options.complete());
    written.keySet().removeAll(NOT_IN_RESULTS);
    written.putAll(more);
    String all = modelSha256 + "\n" + written + "\n" + VECTOR_VERSION;
    return new Fingerprint(Sha256.of(all), modelSha256, written, VECTOR_VERSION);
  }

  /**
   * Returns whether the fingerprints differ at most in the handling of texts that exceed the token
   * limit.
   *
   * @param ofLongTexts keys of the options that affect only such texts
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

  /** Returns whether only the vector versions of the fingerprints differ. */
  public boolean isOtherVersionOf(Fingerprint other) {
    return modelSha256.equals(other.modelSha256)
        && options.equals(other.options)
        && vectorVersion != other.vectorVersion;
  }

  /** Describes the first difference, for the user. */
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
    return "they have vector version %d and this Embark computes version %d%s"
        .formatted(other.vectorVersion, vectorVersion, changesSince(other.vectorVersion));
  }

  private static String changesSince(int version) {
    return IntStream.rangeClosed(version + 1, VECTOR_VERSION)
        .mapToObj(later -> ": " + CHANGES.get(later))
        .collect(Collectors.joining());
  }

  private static String shown(String value) {
    return value == null || value.isEmpty() ? "unset" : value;
  }
}
