package dev.embark.engine;

import java.io.Serializable;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * The options of an embedding, the same wherever they were written: SQL map, session conf, command
 * line. Immutable, safe for any thread; equal when every option has the same meaning.
 */
public final class EmbedOptions implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final EmbedOptions DEFAULTS = new EmbedOptions(new EnumMap<>(EmbedOption.class));

  private final EnumMap<EmbedOption, String> values;

  private EmbedOptions(EnumMap<EmbedOption, String> values) {
    this.values = values;
  }

  /** No option set. */
  public static EmbedOptions defaults() {
    return DEFAULTS;
  }

  /** Those of {@code given} and the defaults of the rest; see {@link #with}. */
  public static EmbedOptions of(Map<String, String> given) {
    return DEFAULTS.with(given);
  }

  /**
   * These options with {@code given} laid over them.
   *
   * @param given keys in any case
   * @throws EmbeddingException of kind OPTION for an unknown key, a key that is there twice, or a
   *     value that is not allowed
   */
  public EmbedOptions with(Map<String, String> given) {
    EnumMap<EmbedOption, String> merged = new EnumMap<>(values);
    EnumMap<EmbedOption, String> seen = new EnumMap<>(EmbedOption.class);
    given.forEach(
        (key, value) -> {
          EmbedOption option = EmbedOption.of(key);
          if (seen.put(option, key) != null) {
            throw new EmbeddingException(
                EmbeddingException.Kind.OPTION, "The embed option " + key + " is given twice.");
          }
          if (value == null) {
            throw new EmbeddingException(
                EmbeddingException.Kind.OPTION,
                "The embed option " + key + " cannot be NULL; it takes " + option.takes() + ".");
          }
          merged.put(option, option.canonical(value));
        });
    return new EmbedOptions(merged);
  }

  /** Where the model is. */
  public String model() {
    return get(EmbedOption.MODEL);
  }

  /** What its file must hash to, in lower-case hex. */
  public Optional<String> modelSha256() {
    return Optional.of(get(EmbedOption.MODEL_SHA256)).filter(value -> !value.isEmpty());
  }

  /** Text before each input, an empty one for none; absent for the model's own. */
  public Optional<String> prefix() {
    return Optional.ofNullable(values.get(EmbedOption.PREFIX));
  }

  /** Tokens of a text that are looked at; empty for the model's context. */
  public OptionalInt maxTokens() {
    return integer(EmbedOption.MAX_TOKENS);
  }

  /** What happens to a longer text. */
  public LongText longText() {
    return LongText.valueOf(get(EmbedOption.LONG_TEXT).toUpperCase(Locale.ROOT));
  }

  /** Tokens that neighbouring chunks share. */
  public int chunkOverlap() {
    return Integer.parseInt(get(EmbedOption.CHUNK_OVERLAP));
  }

  /** How token vectors become one. */
  public Pooling pooling() {
    return Pooling.valueOf(get(EmbedOption.POOLING).toUpperCase(Locale.ROOT));
  }

  /** How the vector is scaled. */
  public Normalization normalize() {
    return Normalization.parse(get(EmbedOption.NORMALIZE));
  }

  /** How many dimensions are kept; empty for all. */
  public OptionalInt dimensions() {
    return integer(EmbedOption.DIMENSIONS);
  }

  /** What the vector is stored as. */
  public VectorType output() {
    return VectorType.valueOf(get(EmbedOption.OUTPUT).toUpperCase(Locale.ROOT));
  }

  /** What a failed row does to the query. */
  public ErrorMode mode() {
    return ErrorMode.valueOf(get(EmbedOption.MODE));
  }

  /** Where vectors are computed. */
  public DeviceChoice device() {
    return DeviceChoice.valueOf(get(EmbedOption.DEVICE).toUpperCase(Locale.ROOT));
  }

  /** What computes the model. */
  public Acceleration acceleration() {
    if (get(EmbedOption.ACCELERATOR).equals(AcceleratorChoice.OFF.toString())) {
      return Acceleration.OFF;
    }
    return Acceleration.valueOf(get(EmbedOption.PRECISION).toUpperCase(Locale.ROOT));
  }

  /** Tokens of a native batch; empty to choose by device. */
  public OptionalInt batchTokens() {
    return integer(EmbedOption.BATCH_TOKENS);
  }

  /** The options that were set, by key, sorted; what EXPLAIN shows. */
  public Map<String, String> asMap() {
    Map<String, String> map = new TreeMap<>();
    values.forEach((option, value) -> map.put(option.key(), value));
    return map;
  }

  private String get(EmbedOption option) {
    return values.getOrDefault(option, option.defaultValue());
  }

  private OptionalInt integer(EmbedOption option) {
    String value = get(option);
    return value.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(value));
  }

  @Override
  public boolean equals(Object other) {
    if (!(other instanceof EmbedOptions that)) {
      return false;
    }
    for (EmbedOption option : EmbedOption.values()) {
      if (!get(option).equals(that.get(option))) {
        return false;
      }
    }
    // An empty prefix switches the model's own off.
    return prefix().equals(that.prefix());
  }

  @Override
  public int hashCode() {
    int hash = 1;
    for (EmbedOption option : EmbedOption.values()) {
      hash = 31 * hash + get(option).hashCode();
    }
    return hash;
  }

  @Override
  public String toString() {
    return asMap().toString();
  }
}
