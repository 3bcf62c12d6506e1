package dev.embark.spark.vectors;

import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.compat.SparkConditions;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.FloatType;

/**
 * What a {@link VectorFunction} other than an aggregate computes for a row. Stateless.
 *
 * @param types of the arguments
 */
public record VectorComputation(VectorFunction function, List<DataType> types)
    implements Serializable {

  /**
   * The result for arguments that are not NULL; called by generated code.
   *
   * @param second null if there is one argument
   */
  public Object of(Object first, Object second) {
    return switch (function) {
      case VECTOR_TO_BINARY -> FloatVectors.bytes((ArrayData) first);
      case COSINE_SIMILARITY -> cosineSimilarity(first, second);
      case VECTOR_NORM -> norm((ArrayData) first, (Float) second);
      case VECTOR_NORMALIZE -> normalized((ArrayData) first, (Float) second);
      default -> compare((ArrayData) first, (ArrayData) second);
    };
  }

  private Float compare(ArrayData a, ArrayData b) {
    int length = a.numElements();
    if (length != b.numElements()) {
      throw dimensionMismatch(function, length, b.numElements());
    }
    if (FloatVectors.hasNull(a) || FloatVectors.hasNull(b)) {
      return null;
    }
    return switch (function) {
      case VECTOR_INNER_PRODUCT -> (float) FloatVectors.innerProduct(a, b);
      case VECTOR_L2_DISTANCE -> (float) FloatVectors.distance(a, b);
      default -> FloatVectors.cosine(a, b);
    };
  }

  private Float cosineSimilarity(Object first, Object second) {
    if (types.get(0) instanceof BinaryType) {
      byte[] a = (byte[]) first;
      byte[] b = (byte[]) second;
      return sameLength(a.length, b.length) == 0 ? null : Float.valueOf(bitCosine(a, b));
    }
    ArrayData a = (ArrayData) first;
    ArrayData b = (ArrayData) second;
    int unused = sameLength(a.numElements(), b.numElements());
    DataType typeA = ((ArrayType) types.get(0)).elementType();
    DataType typeB = ((ArrayType) types.get(1)).elementType();
    if (!(typeA instanceof FloatType && typeB instanceof FloatType)) {
      return NumericCosine.of(a, typeA, b, typeB);
    }
    if (FloatVectors.hasNull(a) || FloatVectors.hasNull(b)) {
      return null;
    }
    Float cosine = FloatVectors.cosine(a, b);
    return cosine == null || cosine.isNaN() ? null : Math.max(-1, Math.min(1, cosine));
  }

  private static int sameLength(int left, int right) {
    if (left != right) {
      throw SparkConditions.inTask(
          new EmbarkException(
              Condition.VECTOR_LENGTHS,
              Map.of(
                  "function", VectorFunction.COSINE_SIMILARITY.sqlName(),
                  "left", Integer.toString(left),
                  "right", Integer.toString(right))));
    }
    return left;
  }

  /** The cosine of vectors of ones and minus ones. */
  private static float bitCosine(byte[] a, byte[] b) {
    long different = 0;
    for (int i = 0; i < a.length; i++) {
      different += Integer.bitCount((a[i] ^ b[i]) & 0xFF);
    }
    return (float) (1 - 2.0 * different / (8L * a.length));
  }

  private Float norm(ArrayData vector, float degree) {
    Double norm = normOrNull(vector, degree);
    return norm == null ? null : norm.floatValue();
  }

  private ArrayData normalized(ArrayData vector, float degree) {
    Double norm = normOrNull(vector, degree);
    if (norm == null || vector.numElements() == 0) {
      return norm == null ? null : vector;
    }
    return norm == 0 ? null : FloatVectors.divided(vector, norm);
  }

  private Double normOrNull(ArrayData vector, float degree) {
    if (degree != 1 && degree != 2 && degree != Float.POSITIVE_INFINITY) {
      throw SparkConditions.inTask(
          new EmbarkException(
              Condition.INVALID_VECTOR_NORM_DEGREE,
              Map.of("functionName", quotedName(function), "degree", Float.toString(degree))));
    }
    if (FloatVectors.hasNull(vector)) {
      return null;
    }
    return degree == 1
        ? FloatVectors.absolutes(vector)
        : degree == 2 ? Math.sqrt(FloatVectors.squares(vector)) : FloatVectors.largest(vector);
  }

  static RuntimeException dimensionMismatch(VectorFunction function, int left, int right) {
    return SparkConditions.inTask(
        new EmbarkException(
            Condition.VECTOR_DIMENSION_MISMATCH,
            Map.of(
                "functionName", quotedName(function),
                "leftDim", Integer.toString(left),
                "rightDim", Integer.toString(right))));
  }

  private static String quotedName(VectorFunction function) {
    return "`" + function.sqlName() + "`";
  }
}
