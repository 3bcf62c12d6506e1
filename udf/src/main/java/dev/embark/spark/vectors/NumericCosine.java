package dev.embark.spark.vectors;

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

/**
 * Computes the cosine of the angle between two vectors of any numeric types in double precision.
 */
final class NumericCosine {
  // If both sums of squares are in this range, no significant square was lost to underflow, and
  // neither the dot product nor the product of the norms can overflow or underflow.
  private static final double LEAST = 1e-280;
  private static final double MOST = Double.MAX_VALUE;

  private NumericCosine() {}

  /**
   * The cosine, in [−1, 1]; null if a vector contains NULL or has no direction, because it is empty
   * or zero or contains NaN or an infinity.
   *
   * @param a of the same length as {@code b}
   * @param typeA element type of {@code a}, for which {@link #takes} is true
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
      // Rounding may put the quotient of parallel vectors just outside of [−1, 1].
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
    return squares >= LEAST && squares <= MOST; // false for NaN
  }

  /**
   * The vector scaled by a power of two, and thus without rounding, so that its largest element is
   * in [1, 2); null if the vector has no direction.
   */
  private static ArrayData scaled(ArrayData vector, DataType type) {
    double[] elements = new double[vector.numElements()];
    double largest = 0;
    for (int i = 0; i < elements.length; i++) {
      elements[i] = element(vector, i, type);
      largest = Math.max(largest, Math.abs(elements[i])); // NaN propagates
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

  /**
   * Whether a type is allowed as element type; {@code array(NULL)} has elements of type {@code
   * NullType}.
   */
  static boolean takes(DataType type) {
    return type instanceof NumericType || type instanceof NullType;
  }
}
