package dev.embark.model.convert;

import dev.embark.gguf.GgufTensorType;
import java.util.OptionalInt;

/**
 * Facts about a model that neither its ONNX file nor its tokenizer contains.
 *
 * @param name display name
 * @param license an SPDX identifier in lower case
 * @param pooling how token vectors are combined into the vector of a text
 * @param heads attention heads per layer
 * @param layerNormEpsilon epsilon of all normalisations
 * @param contextLength in tokens; empty for all positions of the model
 * @param type type of the matrices: F32, F16, BF16 or Q8_0
 */
record ModelFacts(
    String name,
    String license,
    Pooling pooling,
    int heads,
    float layerNormEpsilon,
    OptionalInt contextLength,
    GgufTensorType type) {

  /** Poolings of encoders, with their GGUF numbers. */
  enum Pooling {
    MEAN(1),
    CLS(2);

    private final int id;

    Pooling(int id) {
      this.id = id;
    }

    int id() {
      return id;
    }
  }

  /** Returns the value of {@code general.file_type} for {@link #type}. */
  int fileType() {
    return switch (type) {
      case F32 -> 0;
      case F16 -> 1;
      case Q8_0 -> 7;
      case BF16 -> 32;
      default -> throw new IllegalArgumentException("matrices cannot be written as " + type);
    };
  }
}
