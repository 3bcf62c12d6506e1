package dev.embark.engine.options;

import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * The options of a function, independent of their source: SQL map, session conf or command line.
 * Immutable and thread-safe; two instances are equal when every option has the same meaning.
 */
public abstract sealed class FunctionOptions implements Serializable
    permits ClassifyOptions, EmbedOptions, GenerateOptions, RerankOptions {
  private static final long serialVersionUID = 1L;

  private final TreeMap<String, String> values; // by key

  /**
   * Creates options.
   *
   * @param values canonical values by key
   */
  FunctionOptions(Map<String, String> values) {
    this.values = new TreeMap<>(values);
  }

  /** Returns the name of the function in messages and on the command line. */
  public abstract String function();

  /** Returns every option of the function. */
  abstract List<? extends FunctionOption> all();

  /** Returns advice for a key that the function does not have; empty for none. */
  String instead(String key) {
    return "";
  }

  /**
   * Returns these options overridden by {@code given}.
   *
   * @param given values by case-insensitive key
   * @throws EmbarkException of kind OPTION for an unknown or duplicate key or an invalid value
   */
  public abstract FunctionOptions with(Map<String, String> given);

  /** Returns the values for {@link #with}. */
  final Map<String, String> merged(Map<String, String> given) {
    Map<String, String> merged = new HashMap<>(values);
    List<FunctionOption> seen = new ArrayList<>();
    given.forEach(
        (key, value) -> {
          FunctionOption option = option(key);
          if (seen.contains(option)) {
            throw new EmbarkException(
                Condition.DUPLICATE_OPTION, Map.of("function", function(), "option", key));
          }
          seen.add(option);
          if (value == null) {
            throw new EmbarkException(
                Condition.INVALID_OPTION,
                Map.of(
                    "function",
                    function(),
                    "option",
                    key,
                    "value",
                    "NULL",
                    "takes",
                    option.takes()));
          }
          merged.put(option.key(), option.canonical(function(), value));
        });
    return merged;
  }

  /**
   * Returns the option with a key, ignoring case.
   *
   * @throws EmbarkException of kind OPTION that suggests the nearest key
   */
  final FunctionOption option(String key) {
    for (FunctionOption option : all()) {
      if (option.key().equalsIgnoreCase(key)) {
        return option;
      }
    }
    List<String> keys = all().stream().map(FunctionOption::key).toList();
    String hint =
        instead(key).isEmpty()
            ? Nearest.to(key, keys).map(near -> "; did you mean '" + near + "'?").orElse(".")
            : "." + instead(key);
    throw new EmbarkException(
        Condition.UNKNOWN_OPTION,
        Map.of(
            "function",
            function(),
            "option",
            key,
            "hint",
            hint,
            "options",
            String.join(", ", keys)));
  }

  /** Returns the location of the model. */
  public final String model() {
    return get("model");
  }

  /** Returns the expected SHA-256 of the model file in lower-case hex. */
  public final Optional<String> modelSha256() {
    return Optional.of(get("modelSha256")).filter(value -> !value.isEmpty());
  }

  /** Returns the effect of a failed row on the query. */
  public final ErrorMode mode() {
    return ErrorMode.valueOf(get("mode"));
  }

  /** Returns the device that computes the model. */
  public final DeviceChoice device() {
    return DeviceChoice.valueOf(get("device").toUpperCase(Locale.ROOT));
  }

  /**
   * Returns whether llama.cpp keeps weights on a CPU in the layout of the file instead of one in
   * which its products of several rows are faster and rounded otherwise.
   */
  public boolean keepsLayout() {
    return false;
  }

  /** Returns the acceleration that the options of a function of encoders select. */
  final Acceleration accelerationOfEncoder() {
    return get("accelerator").equals(AcceleratorChoice.OFF.toString())
        ? Acceleration.OFF
        : Acceleration.valueOf(get("precision").toUpperCase(Locale.ROOT));
  }

  /** Returns the number of tokens per native batch; empty for the default of the device. */
  public final OptionalInt batchTokens() {
    return integer(get("batchTokens"));
  }

  /** Returns the requested acceleration. */
  public abstract Acceleration acceleration();

  /** Returns the options that were set explicitly, sorted by key; EXPLAIN shows these. */
  public final Map<String, String> asMap() {
    return new TreeMap<>(values);
  }

  /** Returns every option with its value or default, sorted by key. */
  public final Map<String, String> complete() {
    Map<String, String> complete = new TreeMap<>();
    all().forEach(option -> complete.put(option.key(), get(option)));
    return complete;
  }

  /** Returns the value of an option, or its default; empty for unset. */
  final String get(FunctionOption option) {
    return values.getOrDefault(option.key(), option.defaultValue());
  }

  /** Returns the explicitly set value of an option. */
  final Optional<String> set(FunctionOption option) {
    return Optional.ofNullable(values.get(option.key()));
  }

  private String get(String key) {
    return get(option(key));
  }

  static OptionalInt integer(String value) {
    return value.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(value));
  }

  /** Returns the values that define equality; an unset option may differ from an empty one. */
  abstract List<Object> meaning();

  @Override
  public final boolean equals(Object other) {
    return other instanceof FunctionOptions that
        && function().equals(that.function())
        && meaning().equals(that.meaning());
  }

  @Override
  public final int hashCode() {
    return meaning().hashCode();
  }

  @Override
  public final String toString() {
    return asMap().toString();
  }
}
