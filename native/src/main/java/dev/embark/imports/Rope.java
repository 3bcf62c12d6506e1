package dev.embark.imports;

import com.fasterxml.jackson.databind.JsonNode;

/** Reads the settings of rotary positions, which newer files keep in an object. Stateless. */
final class Rope {
  private Rope() {}

  /** Returns the base of the positions of all layers. */
  static float base(Config config, double otherwise) throws ImportException {
    check(config.root().path("rope_scaling"));
    return base(config, config.root().path("rope_parameters"), "rope_theta", otherwise);
  }

  /**
   * Returns the base of the positions of some layers.
   *
   * @param layers their name in newer files
   * @param older the key in older files
   */
  static float base(Config config, String layers, String older, double otherwise)
      throws ImportException {
    return base(config, config.root().path("rope_parameters").path(layers), older, otherwise);
  }

  private static float base(Config config, JsonNode newer, String older, double otherwise)
      throws ImportException {
    check(newer);
    return newer.has("rope_theta")
        ? new Config(newer).number("rope_theta", otherwise)
        : config.number(older, otherwise);
  }

  private static void check(JsonNode settings) throws ImportException {
    String type = settings.path("rope_type").asText(settings.path("type").asText("default"));
    if (!type.equals("default")) {
      throw new ImportException(
          "its rotary positions are scaled by "
              + type
              + ", which Embark does not import; use a GGUF file of the model");
    }
  }
}
