package dev.embark.spark.vectors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.unsafe.Platform;

/**
 * Arithmetic on vectors of floats, in double precision: squares of floats neither overflow nor
 * underflow in it. The arrays have type {@code ARRAY<FLOAT>}; two arrays have equal lengths.
 *
 * <p>Spark's binary arrays are read in place, all others are copied once. Sums have several
 * accumulators, since one would make each addition wait for the last.
 */
final class FloatVectors {
  private FloatVectors() {}

  /** Whether an element is NULL. */
  static boolean hasNull(ArrayData vector) {
    int length = vector.numElements();
    if (vector instanceof UnsafeArrayData binary) {
      // The bitmap of NULLs, in words of 64, follows the number of elements.
      int words = (length + 63) / 64;
      for (int i = 0; i < words; i++) {
        if (Platform.getLong(binary.getBaseObject(), binary.getBaseOffset() + 8 + 8L * i) != 0) {
          return true;
        }
      }
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (vector.isNullAt(i)) {
        return true;
      }
    }
    return false;
  }

  /** The sum of the products of the elements; 0 for empty vectors. */
  static double innerProduct(ArrayData left, ArrayData right) {
    Object a = base(left);
    Object b = base(right);
    long i = offset(left);
    long j = offset(right);
    int n = left.numElements();
    double sum0 = 0;
    double sum1 = 0;
    double sum2 = 0;
    double sum3 = 0;
    int k = 0;
    for (; k + 4 <= n; k += 4, i += 16, j += 16) {
      sum0 += at(a, i) * at(b, j);
      sum1 += at(a, i + 4) * at(b, j + 4);
      sum2 += at(a, i + 8) * at(b, j + 8);
      sum3 += at(a, i + 12) * at(b, j + 12);
    }
    for (; k < n; k++, i += 4, j += 4) {
      sum0 += at(a, i) * at(b, j);
    }
    return (sum0 + sum1) + (sum2 + sum3);
  }

  /** The Euclidean distance; 0 for empty vectors. */
  static double distance(ArrayData left, ArrayData right) {
    Object a = base(left);
    Object b = base(right);
    long i = offset(left);
    long j = offset(right);
    int n = left.numElements();
    double sum0 = 0;
    double sum1 = 0;
    double sum2 = 0;
    double sum3 = 0;
    int k = 0;
    for (; k + 4 <= n; k += 4, i += 16, j += 16) {
      sum0 += square(at(a, i) - at(b, j));
      sum1 += square(at(a, i + 4) - at(b, j + 4));
      sum2 += square(at(a, i + 8) - at(b, j + 8));
      sum3 += square(at(a, i + 12) - at(b, j + 12));
    }
    for (; k < n; k++, i += 4, j += 4) {
      sum0 += square(at(a, i) - at(b, j));
    }
    return Math.sqrt((sum0 + sum1) + (sum2 + sum3));
  }

  /**
   * The cosine of the angle, which rounding may put just outside of [−1, 1]; null if a vector is
   * empty or zero, NaN if an element is not finite.
   */
  static Float cosine(ArrayData left, ArrayData right) {
    Object a = base(left);
    Object b = base(right);
    long i = offset(left);
    long j = offset(right);
    int n = left.numElements();
    double product0 = 0;
    double product1 = 0;
    double left0 = 0;
    double left1 = 0;
    double right0 = 0;
    double right1 = 0;
    int k = 0;
    for (; k + 2 <= n; k += 2, i += 8, j += 8) {
      double x0 = at(a, i);
      double y0 = at(b, j);
      double x1 = at(a, i + 4);
      double y1 = at(b, j + 4);
      product0 += x0 * y0;
      product1 += x1 * y1;
      left0 += x0 * x0;
      left1 += x1 * x1;
      right0 += y0 * y0;
      right1 += y1 * y1;
    }
    if (k < n) {
      double x = at(a, i);
      double y = at(b, j);
      product0 += x * y;
      left0 += x * x;
      right0 += y * y;
    }
    double norms = Math.sqrt((left0 + left1) * (right0 + right1));
    return norms == 0 ? null : Float.valueOf((float) ((product0 + product1) / norms));
  }

  /** The sum of the squares of the elements. */
  static double squares(ArrayData vector) {
    return innerProduct(vector, vector);
  }

  /** The sum of the absolute values of the elements. */
  static double absolutes(ArrayData vector) {
    Object a = base(vector);
    long i = offset(vector);
    double sum = 0;
    for (int k = 0; k < vector.numElements(); k++, i += 4) {
      sum += Math.abs(at(a, i));
    }
    return sum;
  }

  /** The largest absolute value; 0 for an empty vector, NaN if an element is NaN. */
  static double largest(ArrayData vector) {
    Object a = base(vector);
    long i = offset(vector);
    double largest = 0;
    for (int k = 0; k < vector.numElements(); k++, i += 4) {
      largest = Math.max(largest, Math.abs(at(a, i)));
    }
    return largest;
  }

  /** The vector with each element divided. */
  static ArrayData divided(ArrayData vector, double divisor) {
    Object a = base(vector);
    long i = offset(vector);
    float[] quotients = new float[vector.numElements()];
    for (int k = 0; k < quotients.length; k++, i += 4) {
      quotients[k] = (float) (at(a, i) / divisor);
    }
    return UnsafeArrayData.fromPrimitiveArray(quotients);
  }

  /** The elements as 32-bit floats in little-endian order; null if one is NULL. */
  static byte[] bytes(ArrayData vector) {
    if (hasNull(vector)) {
      return null;
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(vector.numElements() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector.toFloatArray());
    return bytes.array();
  }

  /** Adds each element of a vector to its sum. */
  static void addTo(double[] sums, ArrayData vector) {
    Object a = base(vector);
    long i = offset(vector);
    for (int k = 0; k < sums.length; k++, i += 4) {
      sums[k] += at(a, i);
    }
  }

  private static double square(double x) {
    return x * x;
  }

  private static double at(Object base, long offset) {
    return Platform.getFloat(base, offset);
  }

  private static Object base(ArrayData vector) {
    return vector instanceof UnsafeArrayData binary
        ? binary.getBaseObject()
        : vector.toFloatArray();
  }

  private static long offset(ArrayData vector) {
    return vector instanceof UnsafeArrayData binary
        ? binary.getBaseOffset()
            + UnsafeArrayData.calculateHeaderPortionInBytes(binary.numElements())
        : Platform.FLOAT_ARRAY_OFFSET;
  }
}
