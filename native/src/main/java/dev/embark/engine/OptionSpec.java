package dev.embark.engine;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * What there is to say about an option.
 *
 * @param key as users write it, in any case
 * @param takes the allowed values, for people
 * @param defaultValue empty for unset
 * @param description one sentence on what it does
 * @param canonical the one form of an allowed value; throws an IllegalArgumentException for others
 */
public record OptionSpec(
    String key,
    String takes,
    String defaultValue,
    String description,
    UnaryOperator<String> canonical) {

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

  static String real(String value, double min, double max) {
    float number = Float.parseFloat(value.strip());
    if (!(number >= min && number <= max)) {
      throw new IllegalArgumentException("not between " + min + " and " + max);
    }
    return Float.toString(number);
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
