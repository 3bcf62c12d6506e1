package dev.embark.model.convert;

import dev.embark.gguf.GgufTensorType;
import java.util.OptionalInt;

/**
 * What neither the ONNX file nor the tokenizer says about a model.
 *
 * @param name for people to read
 * @param license an SPDX identifier in lower case
 * @param pooling how token vectors become the vector of a text
 * @param heads of attention in each layer
 * @param layerNormEpsilon of all normalisations
 * @param contextLength in tokens; empty: as many as the model has positions
 * @param type of matrices: F32, F16, BF16 or Q8_0
 */
record ModelFacts(
    String name,
    String license,
    Pooling pooling,
    int heads,
    float layerNormEpsilon,
    OptionalInt contextLength,
    GgufTensorType type) {

  /** Poolings of encoders, with their numbers in GGUF. */
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

  /** The number that {@code general.file_type} has for {@link #type}. */
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
