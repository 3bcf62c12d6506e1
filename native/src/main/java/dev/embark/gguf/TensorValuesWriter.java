package dev.embark.gguf;

import java.io.IOException;
import java.nio.FloatBuffer;

/** Writes values of a tensor in the type in which a file stores them, rounded to the nearest. */
final class TensorValuesWriter {
  private TensorValuesWriter() {}

  /** Thrown for a finite value that is infinite in the type of its tensor. */
  static final class OutOfRange extends IOException {
    private static final long serialVersionUID = 1L;

    OutOfRange(String tensor, float value) {
      super("tensor '" + tensor + "' has the value " + value + ", too large for its type: use F32");
    }
  }

  /**
   * Writes values.
   *
   * @param name of the tensor, for messages
   * @param values read from the buffer's position to its limit; whole blocks of the type
   * @throws OutOfRange when a finite value would become infinite
   */
  static void write(LittleEndianOutput out, String name, GgufTensorType type, FloatBuffer values)
      throws IOException {
    while (values.hasRemaining()) {
      if (type == GgufTensorType.Q8_0) {
        writeBlock(out, name, values);
        continue;
      }
      float value = values.get();
      switch (type) {
        case F16 -> out.int16(finite(HalfFloat.toF16(value), 0x7C00, value, name));
        case BF16 -> out.int16(finite(HalfFloat.toBf16(value), 0x7F80, value, name));
        default -> out.int32(Float.floatToRawIntBits(value));
      }
    }
  }

  /**
   * Writes a Q8_0 block: the scale in F16, which is the greatest magnitude divided by 127, followed
   * by each value as a rounded multiple of the scale.
   */
  private static void writeBlock(LittleEndianOutput out, String name, FloatBuffer values)
      throws IOException {
    float[] block = new float[GgufTensorType.Q8_0.blockSize()];
    values.get(block);
    float greatest = 0;
    for (float value : block) {
      greatest = Math.max(greatest, Math.abs(value));
    }
    float scale = greatest / Byte.MAX_VALUE;
    out.int16(finite(HalfFloat.toF16(scale), 0x7C00, scale, name));
    for (float value : block) {
      out.int8(scale == 0 ? 0 : Math.round(value / scale));
    }
  }

  private static short finite(short bits, int infinity, float value, String name)
      throws OutOfRange {
    if ((bits & 0x7FFF) == infinity && !Float.isInfinite(value)) {
      throw new OutOfRange(name, value);
    }
    return bits;
  }
}
