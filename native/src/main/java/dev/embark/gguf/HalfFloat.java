package dev.embark.gguf;

/**
 * Conversions between 32-bit floats and the 16-bit formats IEEE half precision (F16) and bfloat16
 * (BF16). The JDK has the former only since version 20. Rounds to nearest, ties to even. Stateless.
 */
public final class HalfFloat {

  /** The largest finite F16 number. */
  public static final float MAX_F16 = 65504f;

  private HalfFloat() {}

  /**
   * Returns the F16 bits nearest to {@code value}; beyond the range of F16, the bits of infinity.
   */
  public static short toF16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7FFF_FFFF;
    if (magnitude > 0x7F80_0000) {
      return (short) (sign | 0x7E00);
    }
    // 65520 is halfway between the largest finite number and the next power of two.
    if (magnitude >= 0x477F_F000) {
      return (short) (sign | 0x7C00);
    }
    if (magnitude < 0x3880_0000) {
      // Subnormal: multiples of 2^-24. The product is exact and rint rounds ties to even.
      float steps = Float.intBitsToFloat(magnitude) * 0x1p24f;
      return (short) (sign | (int) Math.rint(steps));
    }
    int rebiased = magnitude - ((127 - 15) << 23);
    int rounded = rebiased + 0xFFF + (rebiased >>> 13 & 1);
    return (short) (sign | rounded >>> 13);
  }

  /** Returns the exact value of F16 bits. */
  public static float fromF16(short half) {
    int exponent = half >>> 10 & 0x1F;
    int mantissa = half & 0x3FF;
    float magnitude;
    if (exponent == 0) {
      magnitude = mantissa * 0x1p-24f;
    } else if (exponent == 0x1F) {
      magnitude = mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
    } else {
      magnitude = Float.intBitsToFloat((exponent + 127 - 15) << 23 | mantissa << 13);
    }
    return half < 0 ? -magnitude : magnitude;
  }

  /** Returns the BF16 bits nearest to {@code value}. */
  public static short toBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      // Without this bit, a NaN with set bits only in the lower half would become infinity.
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) ((bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
  }

  /** Returns the exact value of BF16 bits. */
  public static float fromBf16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }
}
