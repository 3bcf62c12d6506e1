package dev.embark.spark.vectors;

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
import org.apache.spark.sql.catalyst.expressions.codegen.CodeBlock;
import org.apache.spark.sql.catalyst.expressions.codegen.CodeGenerator$;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.NullType;
import scala.collection.immutable.Seq;
import scala.runtime.ScalaRunTime;

/** A {@link VectorFunction} of two arguments: two vectors, or a vector and a degree. */
public final class VectorExpression extends Expression implements Serializable {
  private static final long serialVersionUID = 1L;

  private final VectorFunction function;
  private final Expression left;
  private final Expression right;

  // Of the left and the right argument; null until the first row.
  private transient DataType[] types;

  /** Public because Spark copies expressions by reflection. */
  public VectorExpression(VectorFunction function, Expression left, Expression right) {
    this.function = function;
    this.left = left;
    this.right = right;
  }

  /** The result for two arguments that are not NULL; called by generated code. */
  public Object compute(Object first, Object second) {
    return switch (function) {
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
      default ->
          FloatVectors.squares(a) == 0 || FloatVectors.squares(b) == 0
              ? null
              : Float.valueOf((float) FloatVectors.cosine(a, b));
    };
  }

  private Float cosineSimilarity(Object first, Object second) {
    if (types == null) {
      types = new DataType[] {left.dataType(), right.dataType()};
    }
    if (types[0] instanceof BinaryType) {
      byte[] a = (byte[]) first;
      byte[] b = (byte[]) second;
      return sameLength(a.length, b.length) == 0 ? null : Float.valueOf(bitCosine(a, b));
    }
    ArrayData a = (ArrayData) first;
    ArrayData b = (ArrayData) second;
    int unused = sameLength(a.numElements(), b.numElements());
    DataType typeA = ((ArrayType) types[0]).elementType();
    DataType typeB = ((ArrayType) types[1]).elementType();
    if (!(typeA instanceof FloatType && typeB instanceof FloatType)) {
      return NumericCosine.of(a, typeA, b, typeB);
    }
    if (FloatVectors.hasNull(a) || FloatVectors.hasNull(b)) {
      return null;
    }
    double cosine = FloatVectors.cosine(a, b);
    return Double.isNaN(cosine) ? null : Float.valueOf((float) Math.max(-1, Math.min(1, cosine)));
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

  @Override
  public TypeCheckResult checkInputDataTypes() {
    if (function != VectorFunction.COSINE_SIMILARITY) {
      boolean hasDegree =
          function == VectorFunction.VECTOR_NORM || function == VectorFunction.VECTOR_NORMALIZE;
      return ArgumentTypes.check(left, right, hasDegree);
    }
    DataType a = left.dataType();
    DataType b = right.dataType();
    if (isBits(a) && isBits(b) || isNumbers(a) && isNumbers(b)) {
      return TypeCheckResult.TypeCheckSuccess$.MODULE$;
    }
    return new TypeCheckResult.TypeCheckFailure(
        "%s takes two arrays of numbers, or two BINARY, but these are %s and %s"
            .formatted(function.sqlName(), a.catalogString(), b.catalogString()));
  }

  private static boolean isBits(DataType type) {
    return type instanceof BinaryType || type instanceof NullType;
  }

  private static boolean isNumbers(DataType type) {
    return type instanceof NullType
        || type instanceof ArrayType array && NumericCosine.takes(array.elementType());
  }

  @Override
  public Object eval(InternalRow row) {
    Object first = left.eval(row);
    Object second = first == null ? null : right.eval(row);
    return second == null ? null : compute(first, second);
  }

  @Override
  public ExprCode doGenCode(CodegenContext context, ExprCode code) {
    ExprCode first = left.genCode(context);
    ExprCode second = right.genCode(context);
    String expression =
        context.addReferenceObj("vectorExpression", this, VectorExpression.class.getName());
    String result = context.freshName("result");
    String isNull = code.isNull().code();
    String value = code.value().code();
    String argument = second.value().code();
    if (right.dataType() instanceof FloatType) {
      argument = "Float.valueOf(" + argument + ")";
    }
    List<String> parts =
        List.of(
            "",
            """

            boolean %s = true;
            %s %s = %s;
            if (!%s) {
            """
                .formatted(
                    isNull,
                    CodeGenerator$.MODULE$.javaType(dataType()),
                    value,
                    CodeGenerator$.MODULE$.defaultValue(dataType(), false),
                    first.isNull().code()),
            """

              if (!%1$s) {
                %2$s %3$s = (%2$s) %4$s.compute(%5$s, %6$s);
                if (%3$s != null) {
                  %7$s = false;
                  %8$s = %3$s;
                }
              }
            }
            """
                .formatted(
                    second.isNull().code(),
                    CodeGenerator$.MODULE$.boxedType(dataType()),
                    result,
                    expression,
                    first.value().code(),
                    argument,
                    isNull,
                    value));
    return code.copy(
        new CodeBlock(Scala.seq(parts), Scala.seq(List.of(first.code(), second.code()))),
        code.isNull(),
        code.value());
  }

  @Override
  public DataType dataType() {
    return function.resultType();
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
  public Seq<Expression> children() {
    return Scala.seq(List.of(left, right));
  }

  // Scala 2.12 and 2.13 declare different parameter types; both overloads exist, so neither is
  // annotated as an override.
  @SuppressWarnings("MissingOverride")
  public Expression withNewChildrenInternal(
      scala.collection.immutable.IndexedSeq<Expression> newChildren) {
    return new VectorExpression(function, newChildren.apply(0), newChildren.apply(1));
  }

  @SuppressWarnings("MissingOverride")
  public Expression withNewChildrenInternal(scala.collection.IndexedSeq<Expression> newChildren) {
    return new VectorExpression(function, newChildren.apply(0), newChildren.apply(1));
  }

  @Override
  public String prettyName() {
    return function.sqlName();
  }

  @Override
  public String toString() {
    return function.sqlName() + "(" + left + ", " + right + ")";
  }

  @Override
  public int productArity() {
    return 3;
  }

  @Override
  public Object productElement(int n) {
    return switch (n) {
      case 0 -> function;
      case 1 -> left;
      case 2 -> right;
      default -> throw new IndexOutOfBoundsException(n);
    };
  }

  @Override
  public boolean canEqual(Object that) {
    return that instanceof VectorExpression;
  }

  @Override
  public boolean equals(Object that) {
    return that instanceof VectorExpression other && Scala.equalProducts(this, other);
  }

  @Override
  public int hashCode() {
    return ScalaRunTime._hashCode(this);
  }
}
