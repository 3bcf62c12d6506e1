package dev.embark.engine.options;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The options of a function, the same wherever they were written: SQL map, session conf, command
 * line. Immutable, safe for any thread; equal when every option has the same meaning.
 */
public abstract sealed class FunctionOptions implements Serializable
    permits EmbedOptions, GenerateOptions {
  private static final long serialVersionUID = 1L;

  private final TreeMap<String, String> values; // by key

  /**
   * @param values in their canonical form, by key
   */
  FunctionOptions(Map<String, String> values) {
    this.values = new TreeMap<>(values);
  }

  /** What the function is called in messages and on the command line. */
  public abstract String function();

  /** Every option that the function has. */
  abstract List<? extends FunctionOption> all();

  /** What to write instead of a key that the function does not have, or an empty text. */
  String instead(String key) {
    return "";
  }

  /**
   * These options with {@code given} laid over them.
   *
   * @param given keys in any case
   * @throws EmbarkException of kind OPTION for an unknown key, a key that is there twice, or a
   *     value that is not allowed
   */
  public abstract FunctionOptions with(Map<String, String> given);

  /** The values of {@link #with}. */
  final Map<String, String> merged(Map<String, String> given) {
    Map<String, String> merged = new HashMap<>(values);
    List<FunctionOption> seen = new ArrayList<>();
    given.forEach(
        (key, value) -> {
          FunctionOption option = option(key);
          if (seen.contains(option)) {
            throw wrong("The " + function() + " option " + key + " is given twice.");
          }
          seen.add(option);
          if (value == null) {
            throw wrong(
                "The "
                    + function()
                    + " option "
                    + key
                    + " cannot be NULL; it takes "
                    + option.takes()
                    + ".");
          }
          merged.put(option.key(), option.canonical(function(), value));
        });
    return merged;
  }

  /**
   * The option of a key, upper and lower case alike.
   *
   * @throws EmbarkException of kind OPTION that names the nearest key
   */
  final FunctionOption option(String key) {
    for (FunctionOption option : all()) {
      if (option.key().equalsIgnoreCase(key)) {
        return option;
      }
    }
    List<String> keys = all().stream().map(FunctionOption::key).toList();
    throw wrong(
        "There is no "
            + function()
            + " option '"
            + key
            + "'"
            + Nearest.to(key, keys).map(near -> "; did you mean '" + near + "'?").orElse(".")
            + instead(key)
            + " The options are "
            + keys.stream().collect(Collectors.joining(", "))
            + ".");
  }

  private static EmbarkException wrong(String message) {
    return new EmbarkException(Kind.OPTION, message);
  }

  /** Where the model is. */
  public final String model() {
    return get("model");
  }

  /** What its file must hash to, in lower-case hex. */
  public final Optional<String> modelSha256() {
    return Optional.of(get("modelSha256")).filter(value -> !value.isEmpty());
  }

  /** What a failed row does to the query. */
  public final ErrorMode mode() {
    return ErrorMode.valueOf(get("mode"));
  }

  /** Where the model is computed. */
  public final DeviceChoice device() {
    return DeviceChoice.valueOf(get("device").toUpperCase(Locale.ROOT));
  }

  /** Tokens of a native batch; empty to choose by device. */
  public final OptionalInt batchTokens() {
    return integer(get("batchTokens"));
  }

  /** What computes the model. */
  public abstract Acceleration acceleration();

  /** The options that were set, by key, sorted; what EXPLAIN shows. */
  public final Map<String, String> asMap() {
    return new TreeMap<>(values);
  }

  /** Every option with its value, defaults written out, by key, sorted. */
  public final Map<String, String> complete() {
    Map<String, String> complete = new TreeMap<>();
    all().forEach(option -> complete.put(option.key(), get(option)));
    return complete;
  }

  /** The value of an option, or its default; empty for unset. */
  final String get(FunctionOption option) {
    return values.getOrDefault(option.key(), option.defaultValue());
  }

  /** The value of an option that was set. */
  final Optional<String> set(FunctionOption option) {
    return Optional.ofNullable(values.get(option.key()));
  }

  private String get(String key) {
    return get(option(key));
  }

  static OptionalInt integer(String value) {
    return value.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(value));
  }

  /** What tells two options of one function apart, the empty value of an option included. */
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
