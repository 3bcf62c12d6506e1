package dev.embark.spark.vectors;

import org.apache.spark.package$;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.errors.QueryCompilationErrors;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.NullType;
import scala.collection.immutable.Map;

/**
 * The check of argument types: {@code ARRAY<FLOAT>} for Spark's vector functions, never by an
 * implicit cast.
 */
final class ArgumentTypes {
  private static final ArrayType VECTOR = DataTypes.createArrayType(DataTypes.FloatType);

  private ArgumentTypes() {}

  /** Checks a vector and another vector, or a vector and a degree. */
  static TypeCheckResult check(Expression first, Expression second, boolean hasDegree) {
    if (!isVector(first.dataType())) {
      return check(first);
    }
    boolean isRight =
        hasDegree ? second.dataType() instanceof FloatType : isVector(second.dataType());
    return isRight
        ? TypeCheckResult.TypeCheckSuccess$.MODULE$
        : unexpected(second, 2, hasDegree ? DataTypes.FloatType : VECTOR);
  }

  /** Checks a vector. */
  static TypeCheckResult check(Expression vector) {
    return isVector(vector.dataType())
        ? TypeCheckResult.TypeCheckSuccess$.MODULE$
        : unexpected(vector, 1, VECTOR);
  }

  /** Checks the arguments of {@code cosine_similarity}: arrays of any numbers, or two BINARY. */
  static TypeCheckResult checkNumbersOrBits(String function, DataType a, DataType b) {
    if (isBits(a) && isBits(b) || isNumbers(a) && isNumbers(b)) {
      return TypeCheckResult.TypeCheckSuccess$.MODULE$;
    }
    return new TypeCheckResult.TypeCheckFailure(
        "%s takes two arrays of numbers, or two BINARY, but these are %s and %s"
            .formatted(function, a.catalogString(), b.catalogString()));
  }

  private static boolean isBits(DataType type) {
    return type instanceof BinaryType || type instanceof NullType;
  }

  private static boolean isNumbers(DataType type) {
    return type instanceof NullType
        || type instanceof ArrayType array && NumericCosine.takes(array.elementType());
  }

  private static boolean isVector(DataType type) {
    return type instanceof ArrayType array && array.elementType() instanceof FloatType;
  }

  private static TypeCheckResult unexpected(Expression argument, int position, DataType required) {
    // Spark 3.5 has "Parameter 1 requires …", later versions "The first parameter requires …".
    boolean isNumber = package$.MODULE$.SPARK_VERSION().startsWith("3.");
    String index = isNumber ? Integer.toString(position) : position == 1 ? "first" : "second";
    return new TypeCheckResult.DataTypeMismatch(
        "UNEXPECTED_INPUT_TYPE",
        new Map.Map4<>(
            "paramIndex",
            index,
            "requiredType",
            QueryCompilationErrors.toSQLType(required),
            "inputSql",
            QueryCompilationErrors.toSQLExpr(argument),
            "inputType",
            QueryCompilationErrors.toSQLType(argument.dataType())));
  }
}
