package dev.embark.spark.catalyst;

import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.compat.Scala;
import dev.embark.spark.compat.SparkConditions;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenFallback;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NullType;
import scala.collection.immutable.Seq;
import scala.runtime.ScalaRunTime;

/**
 * The SQL function {@code cosine_similarity(a, b)}: the cosine of the angle between two vectors, in
 * [−1, 1]; NULL if a vector is NULL, empty or zero, or contains NULL, NaN or an infinity.
 */
public final class CosineSimilarity extends Expression implements CodegenFallback, Serializable {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "cosine_similarity";

  private final Expression left;
  private final Expression right;

  /** Public because Spark copies expressions by reflection. */
  public CosineSimilarity(Expression left, Expression right) {
    this.left = left;
    this.right = right;
  }

  static ExpressionInfo info() {
    return new ExpressionInfo(
        CosineSimilarity.class.getName(),
        null,
        NAME,
        "_FUNC_(a, b) - Returns the cosine of the angle between two vectors of the same length,"
            + " a FLOAT from -1 to 1; NULL if a vector is empty or zero, or contains NULL, NaN or"
            + " infinity.",
        "\n    Arguments:\n      * a, b - arrays of numbers, of any numeric types\n  ",
        "\n    Examples:\n      > SELECT _FUNC_(array(1F, 0F), array(1F, 1F));\n       0.70710677\n  ",
        "",
        "array_funcs",
        "",
        "",
        "scala_udf");
  }

  @Override
  public Object eval(InternalRow row) {
    ArrayData a = (ArrayData) left.eval(row);
    ArrayData b = a == null ? null : (ArrayData) right.eval(row);
    if (b == null) {
      return null;
    }
    if (a.numElements() != b.numElements()) {
      throw SparkConditions.inTask(
          new EmbarkException(
              Condition.VECTOR_LENGTHS,
              Map.of(
                  "function", NAME,
                  "left", Integer.toString(a.numElements()),
                  "right", Integer.toString(b.numElements()))));
    }
    return Cosine.of(a, elementType(left), b, elementType(right));
  }

  private static DataType elementType(Expression vector) {
    return vector.dataType() instanceof ArrayType array ? array.elementType() : null;
  }

  @Override
  public TypeCheckResult checkInputDataTypes() {
    for (Expression vector : List.of(left, right)) {
      if (!(vector.dataType() instanceof NullType || Cosine.takes(elementType(vector)))) {
        return new TypeCheckResult.TypeCheckFailure(
            NAME + " takes arrays of numbers, but this is " + vector.dataType().catalogString());
      }
    }
    return TypeCheckResult.TypeCheckSuccess$.MODULE$;
  }

  @Override
  public ExprCode doGenCode(CodegenContext context, ExprCode code) {
    return CodegenFallback.super.doGenCode(context, code);
  }

  @Override
  public DataType dataType() {
    return DataTypes.FloatType;
  }

  @Override
  public boolean nullable() {
    return true;
  }

  @Override
  public boolean foldable() {
    return left.foldable() && right.foldable();
  }

  @Override
  public String prettyName() {
    return NAME;
  }

  @Override
  public String toString() {
    return NAME + "(" + left + ", " + right + ")";
  }

  @Override
  public Seq<Expression> children() {
    return Scala.seq(List.of(left, right));
  }

  // Scala 2.12 and 2.13 declare different parameter types; both overloads exist, so neither is
  // annotated as an override.
  @SuppressWarnings("MissingOverride")
  public Expression withNewChildrenInternal(
      scala.collection.immutable.IndexedSeq<Expression> newChildren) {
    return new CosineSimilarity(newChildren.apply(0), newChildren.apply(1));
  }

  @SuppressWarnings("MissingOverride")
  public Expression withNewChildrenInternal(scala.collection.IndexedSeq<Expression> newChildren) {
    return new CosineSimilarity(newChildren.apply(0), newChildren.apply(1));
  }

  @Override
  public int productArity() {
    return 2;
  }

  @Override
  public Object productElement(int n) {
    return switch (n) {
      case 0 -> left;
      case 1 -> right;
      default -> throw new IndexOutOfBoundsException(n);
    };
  }

  @Override
  public boolean canEqual(Object that) {
    return that instanceof CosineSimilarity;
  }

  @Override
  public boolean equals(Object that) {
    return that instanceof CosineSimilarity other && Scala.equalProducts(this, other);
  }

  @Override
  public int hashCode() {
    return ScalaRunTime._hashCode(this);
  }
}
