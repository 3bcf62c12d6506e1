package dev.embark.engine.options;

import java.util.Locale;

/** Values of the option {@code output}: the type in which a vector is stored. */
public enum VectorType {
  /** 32-bit floats, as computed. */
  FLOAT,
  /**
   * Signed bytes: each element divided by the largest absolute one, times 127, rounded. This
   * preserves cosines, but not lengths or dot products, because the divisor is not stored.
   */
  INT8,
  /** Sign bits, eight per byte, the first element in the highest bit; 1 for elements above 0. */
  BINARY;

  private static final int INT8_RANGE = 127;

  /** Returns the bytes of an INT8 vector, one per element; a zero vector stays zero. */
  public static byte[] toInt8(float[] vector) {
    float largest = 0;
    for (float x : vector) {
      largest = Math.max(largest, Math.abs(x));
    }
    byte[] bytes = new byte[vector.length];
    for (int i = 0; i < vector.length && largest > 0; i++) {
      bytes[i] = (byte) Math.round(vector[i] / largest * INT8_RANGE);
    }
    return bytes;
  }

  /**
   * Returns the bits of a BINARY vector in ⌈length / 8⌉ bytes; the last byte is padded with zeros.
   */
  public static byte[] toBinary(float[] vector) {
    byte[] bits = new byte[(vector.length + 7) / 8];
    for (int i = 0; i < vector.length; i++) {
      if (vector[i] > 0) {
        bits[i / 8] |= (byte) (0x80 >>> (i % 8));
      }
    }
    return bits;
  }

  /** Returns the option value. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
