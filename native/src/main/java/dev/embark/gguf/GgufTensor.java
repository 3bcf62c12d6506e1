package dev.embark.gguf;

import java.util.List;

/**
 * Name, type, shape and file location of a tensor.
 *
 * @param name name of the tensor
 * @param type storage type of its values
 * @param shape fastest-moving dimension first; empty for a single value
 * @param offset in bytes from the start of the file
 * @param bytes size of its data
 */
public record GgufTensor(
    String name, GgufTensorType type, List<Long> shape, long offset, long bytes) {

  /** Makes {@code shape} unmodifiable. */
  public GgufTensor {
    shape = List.copyOf(shape);
  }

  /** Returns the number of values. */
  public long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }
}
