package dev.embark.spark.vectors;

import dev.embark.spark.compat.Scala;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.analysis.FunctionRegistry$;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/**
 * A SQL function on vectors. Except for {@link #COSINE_SIMILARITY} and {@link #VECTOR_TO_BINARY},
 * these are functions of Spark since 4.2, with its names, types, conditions and rules for NULL.
 */
public enum VectorFunction {
  COSINE_SIMILARITY(
      "cosine_similarity",
      "a, b",
      "Returns the cosine of the angle between two vectors of the same length, a FLOAT from -1 to"
          + " 1; NULL if a vector is empty or zero, or contains NULL, NaN or infinity. For two"
          + " BINARY, vectors of one bit per dimension, returns 1 - 2 * (number of different bits)"
          + " / (number of bits).",
      "a, b - arrays of numbers, of any numeric types, or two BINARY",
      "array(1F, 0F), array(1F, 1F)",
      "0.70710677"),
  VECTOR_TO_BINARY(
      "vector_to_binary",
      "vector",
      "Returns the elements of a vector as 32-bit floats in little-endian order, BINARY; NULL if the"
          + " vector contains NULL.",
      "vector - ARRAY<FLOAT>",
      "array(1F, 2F)",
      "[00 00 80 3F 00 00 00 40]"),
  VECTOR_COSINE_SIMILARITY(
      "vector_cosine_similarity",
      "a, b",
      "Returns the cosine of the angle between two vectors of the same length; NULL if a vector is"
          + " empty or zero, or contains NULL.",
      "a, b - ARRAY<FLOAT>",
      "array(1F, 2F, 3F), array(4F, 5F, 6F)",
      "0.97463185"),
  VECTOR_INNER_PRODUCT(
      "vector_inner_product",
      "a, b",
      "Returns the inner product of two vectors of the same length, 0 for empty ones; NULL if a"
          + " vector contains NULL.",
      "a, b - ARRAY<FLOAT>",
      "array(1F, 2F, 3F), array(4F, 5F, 6F)",
      "32.0"),
  VECTOR_L2_DISTANCE(
      "vector_l2_distance",
      "a, b",
      "Returns the Euclidean distance between two vectors of the same length, 0 for empty ones;"
          + " NULL if a vector contains NULL.",
      "a, b - ARRAY<FLOAT>",
      "array(1F, 2F, 3F), array(4F, 5F, 6F)",
      "5.196152"),
  VECTOR_NORM(
      "vector_norm",
      "vector[, degree]",
      "Returns the norm of a vector, 0 for an empty one; NULL if the vector contains NULL.",
      "vector - ARRAY<FLOAT>\n      * degree - FLOAT: 1, 2 (the default) or float('inf')",
      "array(3F, 4F)",
      "5.0"),
  VECTOR_NORMALIZE(
      "vector_normalize",
      "vector[, degree]",
      "Returns the vector divided by its norm; NULL for a zero vector, or if the vector contains"
          + " NULL.",
      "vector - ARRAY<FLOAT>\n      * degree - FLOAT: 1, 2 (the default) or float('inf')",
      "array(3F, 4F)",
      "[0.6,0.8]"),
  VECTOR_SUM(
      "vector_sum",
      "vector",
      "Returns the sum of the vectors of a group, element by element. Vectors that are NULL or"
          + " contain NULL are skipped.",
      "vector - ARRAY<FLOAT>, of the same length in a group",
      "v) FROM VALUES (array(1F, 2F)), (array(3F, 4F)) AS t(v",
      "[4.0,6.0]"),
  VECTOR_AVG(
      "vector_avg",
      "vector",
      "Returns the average of the vectors of a group, element by element. Vectors that are NULL or"
          + " contain NULL are skipped.",
      "vector - ARRAY<FLOAT>, of the same length in a group",
      "v) FROM VALUES (array(1F, 2F)), (array(3F, 4F)) AS t(v",
      "[2.0,3.0]");

  private final String sqlName;
  private final String parameters;
  private final String usage;
  private final String arguments;
  private final String example;
  private final String exampleResult;

  VectorFunction(
      String sqlName,
      String parameters,
      String usage,
      String arguments,
      String example,
      String exampleResult) {
    this.sqlName = sqlName;
    this.parameters = parameters;
    this.usage = usage;
    this.arguments = arguments;
    this.example = example;
    this.exampleResult = exampleResult;
  }

  /** The functions that the running Spark lacks. */
  public static List<VectorFunction> missing() {
    return Arrays.stream(values())
        .filter(
            function ->
                !function.isOfSpark()
                    || !FunctionRegistry$.MODULE$
                        .builtin()
                        .functionExists(new FunctionIdentifier(function.sqlName)))
        .toList();
  }

  /** The name in SQL. */
  public String sqlName() {
    return sqlName;
  }

  /** The names of the parameters, in order. */
  public List<String> parameters() {
    return List.of(parameters.replace("[", "").replace("]", "").split(", "));
  }

  /** The number of leading parameters that are mandatory. */
  public int required() {
    return parameters.contains("[") ? 1 : parameters().size();
  }

  /** The call's expression. */
  public Expression expression(List<Expression> arguments) {
    if (isAggregate()) {
      return new VectorAggregate(this, arguments.get(0), 0, 0);
    }
    List<Expression> all = new ArrayList<>(arguments);
    all.replaceAll(argument -> argument == null ? new Literal(2f, DataTypes.FloatType) : argument);
    return new VectorExpression(this, Scala.seq(all));
  }

  private boolean isOfSpark() {
    return this != COSINE_SIMILARITY && this != VECTOR_TO_BINARY;
  }

  boolean isAggregate() {
    return this == VECTOR_SUM || this == VECTOR_AVG;
  }

  DataType resultType() {
    if (this == VECTOR_TO_BINARY) {
      return DataTypes.BinaryType;
    }
    return this == VECTOR_NORMALIZE || isAggregate()
        ? DataTypes.createArrayType(DataTypes.FloatType)
        : DataTypes.FloatType;
  }

  /** The documentation that DESCRIBE FUNCTION shows. */
  public ExpressionInfo info() {
    return new ExpressionInfo(
        (isAggregate() ? VectorAggregate.class : VectorExpression.class).getName(),
        null,
        sqlName,
        "_FUNC_(" + parameters + ") - " + usage,
        "\n    Arguments:\n      * " + arguments + "\n  ",
        "\n    Examples:\n      > SELECT _FUNC_("
            + example
            + ");\n       "
            + exampleResult
            + "\n  ",
        "",
        isAggregate() ? "agg_funcs" : "array_funcs",
        "",
        "",
        "scala_udf");
  }
}
