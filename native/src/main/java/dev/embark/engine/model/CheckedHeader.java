package dev.embark.engine.model;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufValue;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A model's header under check: its numbers by their names without the architecture, and the errors
 * for values out of range.
 *
 * @param path for messages
 */
record CheckedHeader(Path path, GgufHeader header, String architecture) {
  /**
   * Returns the header of a model.
   *
   * @throws EmbarkException of kind MODEL when it names no architecture
   */
  static CheckedHeader of(Path path, GgufHeader header) {
    String architecture =
        header
            .get("general.architecture")
            .filter(value -> value.value() instanceof String)
            .map(GgufValue::asString)
            .orElseThrow(() -> ModelCheck.refuse(path, "names no general.architecture"));
    return new CheckedHeader(path, header, architecture);
  }

  void required(String name, long max) {
    inRange(key(name), number(key(name)).orElseThrow(() -> refuse("has no " + key(name))), 1, max);
  }

  void optional(String name, long min, long max) {
    number(key(name)).ifPresent(n -> inRange(key(name), n, min, max));
  }

  void atMost(String key, long n, long max) {
    inRange(key, n, 0, max);
  }

  void inRange(String key, long n, long min, long max) {
    if (n < min || n > max) {
      throw refuse("has the " + key + " " + n + ", not " + min + " to " + max);
    }
  }

  void positive(String name) {
    Optional<GgufValue> value = value(name);
    if (value.isPresent() && value.get().value() instanceof Float n && !(n >= 0 && n < 1e30f)) {
      throw refuse("has the " + key(name) + " " + n + ", not a positive number");
    }
  }

  Optional<GgufValue> value(String name) {
    return header.get(key(name));
  }

  String key(String name) {
    return architecture + "." + name;
  }

  /** Returns a whole number; llama.cpp itself rejects other types. */
  OptionalLong number(String key) {
    return header
        .get(key)
        .filter(value -> value.value() instanceof Long)
        .map(value -> OptionalLong.of(value.asLong()))
        .orElse(OptionalLong.empty());
  }

  /** Returns the values of a key that has one number for all layers or one per layer. */
  List<Long> numbers(String key) {
    return header
        .get(key)
        .map(GgufValue::value)
        .map(value -> value instanceof List<?> list ? list : List.of(value))
        .stream()
        .flatMap(List::stream)
        .filter(Long.class::isInstance)
        .map(Long.class::cast)
        .toList();
  }

  EmbarkException refuse(String what) {
    return ModelCheck.refuse(path, what);
  }
}
