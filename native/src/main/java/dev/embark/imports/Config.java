package dev.embark.imports;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * A {@code config.json} with checked access to its values. Immutable.
 *
 * @param root an object
 */
record Config(JsonNode root) {
  private static final int MAX_NUMBER = 1 << 30;

  /** Returns a whole number from 1 on. */
  int positive(String key) throws ImportException {
    JsonNode value = root.path(key);
    if (!value.isIntegralNumber() || value.asLong() < 1 || value.asLong() > MAX_NUMBER) {
      throw new ImportException(
          "config.json has " + (isUnset(value) ? "no " + key : "the " + key + " " + value));
    }
    return value.asInt();
  }

  /** Returns a whole number from 1 on; {@code otherwise} if it is unset. */
  int positive(String key, int otherwise) throws ImportException {
    return isUnset(root.path(key)) ? otherwise : positive(key);
  }

  /** Returns a number; {@code otherwise} if it is unset. */
  float number(String key, double otherwise) throws ImportException {
    JsonNode value = root.path(key);
    if (!isUnset(value) && !value.isNumber()) {
      throw new ImportException("config.json has the " + key + " " + value);
    }
    return (float) (isUnset(value) ? otherwise : value.asDouble());
  }

  String text(String key, String otherwise) {
    JsonNode value = root.path(key);
    return isUnset(value) ? otherwise : value.asText();
  }

  boolean flag(String key, boolean otherwise) {
    return isUnset(root.path(key)) ? otherwise : root.path(key).asBoolean();
  }

  /**
   * Refuses a model whose value is another one.
   *
   * @param values in their JSON spelling without quotes; the first is the value if it is unset
   */
  void require(String key, String... values) throws ImportException {
    String value = text(key, values[0]);
    if (!List.of(values).contains(value)) {
      throw new ImportException(
          "its %s is %s, and llama.cpp computes only %s; use a model of another kind"
              .formatted(key, value, String.join(" or ", values)));
    }
  }

  static boolean isUnset(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }
}
