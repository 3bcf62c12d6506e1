package dev.embark.engine.options;

import java.util.Arrays;
import java.util.IllformedLocaleException;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Specification of an option: its documentation and validation.
 *
 * @param key key as documented; case-insensitive in user input
 * @param takes description of the allowed values
 * @param defaultValue empty for unset
 * @param description one sentence
 * @param canonical returns the canonical form of an allowed value and throws an
 *     IllegalArgumentException for others
 */
public record OptionSpec(
    String key,
    String takes,
    String defaultValue,
    String description,
    UnaryOperator<String> canonical) {
  /** Larger than any device benefits from; the memory of such a batch still fits an int. */
  private static final int MAX_BATCH_TOKENS = 1 << 20;

  static OptionSpec model(String defaultValue, String description) {
    return new OptionSpec(
        "model",
        "path, file:, Hadoop URI, hf:org/repo, hf:org/repo/file.gguf, https: or classpath:",
        defaultValue,
        description,
        ModelName::canonical);
  }

  static OptionSpec modelSha256() {
    return new OptionSpec(
        "modelSha256",
        "64 hex digits",
        "",
        "Expected SHA-256 of the model file.",
        OptionSpec::sha256);
  }

  /**
   * Returns the option {@code mode}.
   *
   * @param failed description of a failed row
   */
  static OptionSpec mode(String failed) {
    return new OptionSpec(
        "mode",
        names(ErrorMode.values()),
        ErrorMode.PERMISSIVE.toString(),
        "PERMISSIVE returns NULL for " + failed + ", FAILFAST ends the query.",
        value -> oneOf(value, ErrorMode.values()));
  }

  /**
   * Returns the option {@code device}.
   *
   * @param results what is computed, for example vectors
   */
  static OptionSpec device(String results) {
    return new OptionSpec(
        "device",
        names(DeviceChoice.values()),
        DeviceChoice.AUTO.toString(),
        "Device that computes "
            + results
            + "; auto uses the GPU that Spark assigned to the task, if any.",
        value -> oneOf(value, DeviceChoice.values()));
  }

  static OptionSpec accelerator() {
    return new OptionSpec(
        "accelerator",
        names(AcceleratorChoice.values()),
        AcceleratorChoice.AUTO.toString(),
        "Whether Embark's own kernels compute encoders on a CPU, if they support the model.",
        value -> oneOf(value, AcceleratorChoice.values()));
  }

  static OptionSpec precision() {
    return new OptionSpec(
        "precision",
        names(Precision.values()),
        Precision.FAST.toString(),
        "Arithmetic of the accelerator: 32-bit floats; 16-bit integers if the CPU multiplies them"
            + " faster than those; or 8-bit integers if the CPU has AVX-512 VNNI, AVX-VNNI or SDOT.",
        value -> oneOf(value, Precision.values()));
  }

  static OptionSpec batchTokens() {
    return new OptionSpec(
        "batchTokens",
        "1 to " + MAX_BATCH_TOKENS,
        "",
        "Maximum number of tokens of a native batch; depends on the device if unset.",
        value -> atMost(integer(value, 1), MAX_BATCH_TOKENS));
  }

  static String notBlank(String value) {
    if (value.isBlank()) {
      throw new IllegalArgumentException("blank");
    }
    return value.strip();
  }

  static String sha256(String value) {
    if (!value.matches("[0-9a-fA-F]{64}")) {
      throw new IllegalArgumentException("not a SHA-256");
    }
    return value.toLowerCase(Locale.ROOT);
  }

  static String integer(String value, int min) {
    int number = Integer.parseInt(value.strip());
    if (number < min) {
      throw new IllegalArgumentException("less than " + min);
    }
    return Integer.toString(number);
  }

  static String atMost(String value, int max) {
    if (Integer.parseInt(value) > max) {
      throw new IllegalArgumentException("more than " + max);
    }
    return value;
  }

  static String real(String value, double min, double max) {
    float number = Float.parseFloat(value.strip());
    if (!(number >= min && number <= max)) {
      throw new IllegalArgumentException("not between " + min + " and " + max);
    }
    return Float.toString(number);
  }

  static String bool(String value) {
    String word = value.strip().toLowerCase(Locale.ROOT);
    if (!word.equals("true") && !word.equals("false")) {
      throw new IllegalArgumentException("neither true nor false");
    }
    return word;
  }

  static String languageTag(String value) {
    try {
      return new Locale.Builder().setLanguageTag(value.strip()).build().toLanguageTag();
    } catch (IllformedLocaleException e) {
      throw new IllegalArgumentException("not a language tag", e);
    }
  }

  static String oneOf(String value, Enum<?>... allowed) {
    Optional<Enum<?>> found =
        Arrays.stream(allowed).filter(e -> e.name().equalsIgnoreCase(value.strip())).findFirst();
    return found.orElseThrow(IllegalArgumentException::new).toString();
  }

  static String names(Enum<?>... allowed) {
    return Arrays.stream(allowed).map(Enum::toString).collect(Collectors.joining(", "));
  }
}
