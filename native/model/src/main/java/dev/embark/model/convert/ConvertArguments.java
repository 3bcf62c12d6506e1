package dev.embark.model.convert;

import dev.embark.gguf.GgufTensorType;
import dev.embark.model.convert.ModelFacts.Pooling;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The command line of {@link ConvertModel}.
 *
 * @param onnx the model's weights
 * @param tokenizer its {@code tokenizer.json}
 * @param output the GGUF file to write
 * @param stamp file for the up-to-date check
 * @param facts facts that the inputs do not contain
 */
record ConvertArguments(
    Path onnx, Path tokenizer, Path output, Optional<Path> stamp, ModelFacts facts) {

  private static final Set<String> NAMES =
      Set.of(
          "onnx",
          "tokenizer",
          "output",
          "stamp",
          "name",
          "license",
          "pooling",
          "heads",
          "epsilon",
          "context",
          "type");

  /**
   * Parses {@code --name value} pairs.
   *
   * @throws IllegalArgumentException that names the unknown, missing or invalid argument
   */
  static ConvertArguments parse(String... args) {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < args.length; i += 2) {
      String name = args[i].startsWith("--") ? args[i].substring(2) : "";
      if (!NAMES.contains(name)) {
        throw new IllegalArgumentException("unknown argument " + args[i]);
      }
      if (i + 1 == args.length || values.put(name, args[i + 1]) != null) {
        throw new IllegalArgumentException(args[i] + " needs one value");
      }
    }
    ModelFacts facts =
        new ModelFacts(
            required(values, "name"),
            required(values, "license"),
            choice(Pooling.class, values, "pooling"),
            number(values, "heads"),
            Float.parseFloat(values.getOrDefault("epsilon", "1e-12")),
            values.containsKey("context")
                ? OptionalInt.of(number(values, "context"))
                : OptionalInt.empty(),
            choice(GgufTensorType.class, values, "type"));
    return new ConvertArguments(
        Path.of(required(values, "onnx")),
        Path.of(required(values, "tokenizer")),
        Path.of(required(values, "output")),
        Optional.ofNullable(values.get("stamp")).map(Path::of),
        facts);
  }

  private static String required(Map<String, String> values, String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("--" + name + " is missing");
    }
    return value;
  }

  private static int number(Map<String, String> values, String name) {
    try {
      return Integer.parseInt(required(values, name));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("--" + name + " must be a whole number", e);
    }
  }

  private static <E extends Enum<E>> E choice(
      Class<E> type, Map<String, String> values, String name) {
    String value = required(values, name);
    try {
      return Enum.valueOf(type, value.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--" + name + " cannot be '" + value + "'", e);
    }
  }
}
