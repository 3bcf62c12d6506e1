package dev.embark.gguf;

import java.util.List;

/**
 * Where a tensor lies in its file.
 *
 * @param name of the tensor
 * @param type how its values are stored
 * @param shape the fastest-moving dimension first; empty for a single value
 * @param offset in bytes from the start of the file
 * @param bytes of its data
 */
public record GgufTensor(
    String name, GgufTensorType type, List<Long> shape, long offset, long bytes) {

  /** Makes {@code shape} unmodifiable. */
  public GgufTensor {
    shape = List.copyOf(shape);
  }

  /** The number of values. */
  public long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }
}
