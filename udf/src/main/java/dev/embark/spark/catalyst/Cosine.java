package dev.embark.spark.catalyst;

import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.ShortType;

/** The cosine of the angle between two vectors, computed in double. */
final class Cosine {
  // With sums of squares between these, no square that counts was lost to underflow, and neither
  // the scalar product nor the product of the two lengths can overflow or underflow.
  private static final double LEAST = 1e-280;
  private static final double MOST = Double.MAX_VALUE;

  private Cosine() {}

  /**
   * The cosine, in [−1, 1]; null where a vector has a NULL in it, or no direction: it is empty or
   * zero, or has a NaN or an infinity in it.
   *
   * @param a of the same length as {@code b}
   * @param typeA of the elements of {@code a}, one that {@link #takes} is true of
   */
  static Float of(ArrayData a, DataType typeA, ArrayData b, DataType typeB) {
    double dot = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.numElements(); i++) {
      if (a.isNullAt(i) || b.isNullAt(i)) {
        return null;
      }
      double x = element(a, i, typeA);
      double y = element(b, i, typeB);
      dot += x * y;
      squaresA += x * x;
      squaresB += y * y;
    }
    if (inRange(squaresA) && inRange(squaresB)) {
      // Rounding may put the quotient of parallel vectors just outside of what a cosine can be.
      double cosine = dot / (Math.sqrt(squaresA) * Math.sqrt(squaresB));
      return (float) Math.max(-1, Math.min(1, cosine));
    }
    ArrayData scaledA = scaled(a, typeA);
    ArrayData scaledB = scaled(b, typeB);
    return scaledA == null || scaledB == null
        ? null
        : of(scaledA, DataTypes.DoubleType, scaledB, DataTypes.DoubleType);
  }

  private static boolean inRange(double squares) {
    return squares >= LEAST && squares <= MOST; // not so of NaN
  }

  /**
   * A vector of the same direction whose largest element is from 1 to 2, which a power of two does
   * without rounding; null if the vector has no direction.
   */
  private static ArrayData scaled(ArrayData vector, DataType type) {
    double[] elements = new double[vector.numElements()];
    double largest = 0;
    for (int i = 0; i < elements.length; i++) {
      elements[i] = element(vector, i, type);
      largest = Math.max(largest, Math.abs(elements[i])); // NaN if one is
    }
    if (!(largest > 0 && largest <= Double.MAX_VALUE)) {
      return null;
    }
    int exponent = Math.getExponent(largest);
    for (int i = 0; i < elements.length; i++) {
      elements[i] = Math.scalb(elements[i], -exponent);
    }
    return UnsafeArrayData.fromPrimitiveArray(elements);
  }

  private static double element(ArrayData vector, int i, DataType type) {
    if (type instanceof FloatType) {
      return vector.getFloat(i);
    } else if (type instanceof DoubleType) {
      return vector.getDouble(i);
    } else if (type instanceof ByteType) {
      return vector.getByte(i);
    } else if (type instanceof ShortType) {
      return vector.getShort(i);
    } else if (type instanceof IntegerType) {
      return vector.getInt(i);
    } else if (type instanceof LongType) {
      return vector.getLong(i);
    }
    DecimalType decimal = (DecimalType) type;
    return vector.getDecimal(i, decimal.precision(), decimal.scale()).toDouble();
  }

  /** Whether vectors can have elements of a type; that of {@code array(NULL)} is one. */
  static boolean takes(DataType type) {
    return type instanceof NumericType || type instanceof NullType;
  }
}
