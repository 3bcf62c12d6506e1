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

  /** Returns the base of the rotary positions of all layers. */
  float ropeBase(double otherwise) throws ImportException {
    checkUnscaled(root.path("rope_scaling"));
    return ropeBase(root.path("rope_parameters"), "rope_theta", otherwise);
  }

  /**
   * Returns the base of the rotary positions of some layers.
   *
   * @param layers their name in newer files, which keep the base in an object
   * @param older the key in older files
   */
  float ropeBase(String layers, String older, double otherwise) throws ImportException {
    return ropeBase(root.path("rope_parameters").path(layers), older, otherwise);
  }

  private float ropeBase(JsonNode newer, String older, double otherwise) throws ImportException {
    checkUnscaled(newer);
    return newer.has("rope_theta")
        ? new Config(newer).number("rope_theta", otherwise)
        : number(older, otherwise);
  }

  private static void checkUnscaled(JsonNode rope) throws ImportException {
    String type = rope.path("rope_type").asText(rope.path("type").asText("default"));
    if (!type.equals("default")) {
      throw new ImportException(
          "its rotary positions are scaled by "
              + type
              + ", which Embark does not import; use a GGUF file of the model");
    }
  }
}
