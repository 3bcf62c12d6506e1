package dev.embark.imports;

import dev.embark.gguf.GgufTensorType;
import java.util.Locale;

/**
 * Types of the weight matrices of an imported model. Norms, biases and positions are always F32.
 */
public enum ImportType {
  /** Half precision; a matrix with a value beyond its range becomes BF16. */
  F16(GgufTensorType.F16, 1),
  /** Single precision. */
  F32(GgufTensorType.F32, 0),
  /** The upper half of single precision. */
  BF16(GgufTensorType.BF16, 32),
  /** Blocks of 32 values of 8 bits; F16 for a matrix whose rows do not fill blocks. */
  Q8_0(GgufTensorType.Q8_0, 7);

  private final GgufTensorType type;
  private final int fileType;

  ImportType(GgufTensorType type, int fileType) {
    this.type = type;
    this.fileType = fileType;
  }

  /** Returns the type of a matrix with rows of this many values. */
  GgufTensorType of(long width) {
    return width % type.blockSize() == 0 ? type : GgufTensorType.F16;
  }

  /** Returns the number of {@code general.file_type}. */
  int fileType() {
    return fileType;
  }

  /** Returns the spelling of the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
