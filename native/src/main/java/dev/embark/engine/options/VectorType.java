package dev.embark.engine.options;

import java.util.Locale;

/** What a vector is stored as; the values of {@code output}. */
public enum VectorType {
  /** Floats, as computed. */
  FLOAT,
  /**
   * Signed bytes: each element divided by the largest absolute one, times 127, rounded. Cosines
   * survive; lengths and dot products do not, since the divisor is not stored.
   */
  INT8,
  /** Sign bits, eight to a byte, the first element in the highest bit; 1 for elements above 0. */
  BINARY;

  private static final int INT8_RANGE = 127;

  /** The bytes of an INT8 vector, one for each element; a zero vector stays zero. */
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

  /** The bits of a BINARY vector in ⌈length / 8⌉ bytes; the last byte is filled up with zeros. */
  public static byte[] toBinary(float[] vector) {
    byte[] bits = new byte[(vector.length + 7) / 8];
    for (int i = 0; i < vector.length; i++) {
      if (vector[i] > 0) {
        bits[i / 8] |= (byte) (0x80 >>> (i % 8));
      }
    }
    return bits;
  }

  /** The option's value. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
