package dev.embark.spark.vectors;

import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.compat.Scala;
import dev.embark.spark.compat.SparkConditions;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
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

/** A {@link VectorFunction} of a vector alone, of a vector and a degree, or of two vectors. */
public final class VectorExpression extends Expression implements Serializable {
  private static final long serialVersionUID = 1L;

  private final VectorFunction function;
  private final List<Expression> arguments;

  // Of the arguments; null until the first row.
  private transient DataType[] types;

  /** Public because Spark copies expressions by reflection. */
  public VectorExpression(VectorFunction function, scala.collection.Seq<Expression> arguments) {
    this.function = function;
    this.arguments = Scala.list(arguments);
  }

  /**
   * The result for arguments that are not NULL; called by generated code.
   *
   * @param second null if there is one argument
   */
  public Object compute(Object first, Object second) {
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
      default ->
          FloatVectors.squares(a) == 0 || FloatVectors.squares(b) == 0
              ? null
              : Float.valueOf((float) FloatVectors.cosine(a, b));
    };
  }

  private Float cosineSimilarity(Object first, Object second) {
    if (types == null) {
      types = arguments.stream().map(Expression::dataType).toArray(DataType[]::new);
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
    if (function == VectorFunction.VECTOR_TO_BINARY) {
      return ArgumentTypes.check(arguments.get(0));
    }
    if (function != VectorFunction.COSINE_SIMILARITY) {
      boolean hasDegree =
          function == VectorFunction.VECTOR_NORM || function == VectorFunction.VECTOR_NORMALIZE;
      return ArgumentTypes.check(arguments.get(0), arguments.get(1), hasDegree);
    }
    DataType a = arguments.get(0).dataType();
    DataType b = arguments.get(1).dataType();
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
    Object first = arguments.get(0).eval(row);
    if (first == null || arguments.size() == 1) {
      return first == null ? null : compute(first, null);
    }
    Object second = arguments.get(1).eval(row);
    return second == null ? null : compute(first, second);
  }

  @Override
  public ExprCode doGenCode(CodegenContext context, ExprCode code) {
    List<ExprCode> codes = arguments.stream().map(each -> each.genCode(context)).toList();
    String isNull = code.isNull().code();
    String value = code.value().code();
    List<String> values = new ArrayList<>();
    for (int i = 0; i < codes.size(); i++) {
      String argument = codes.get(i).value().code();
      values.add(
          arguments.get(i).dataType() instanceof FloatType
              ? "Float.valueOf(" + argument + ")"
              : argument);
    }
    String compute =
        """
        %1$s %2$s = (%1$s) %3$s.compute(%4$s, %5$s);
        if (%2$s != null) {
          %6$s = false;
          %7$s = %2$s;
        }
        """
            .formatted(
                CodeGenerator$.MODULE$.boxedType(dataType()),
                context.freshName("result"),
                context.addReferenceObj("vector", this, VectorExpression.class.getName()),
                values.get(0),
                values.size() == 1 ? "null" : values.get(1),
                isNull,
                value);
    // The text before, between and after the code of the arguments: each is evaluated only if those
    // before it are not NULL.
    List<String> parts = new ArrayList<>();
    parts.add(
        "boolean %s = true;%n%s %s = %s;%n"
            .formatted(
                isNull,
                CodeGenerator$.MODULE$.javaType(dataType()),
                value,
                CodeGenerator$.MODULE$.defaultValue(dataType(), false)));
    codes.forEach(argument -> parts.add("%nif (!%s) {%n".formatted(argument.isNull().code())));
    int last = parts.size() - 1;
    parts.set(last, parts.get(last) + compute + "}".repeat(codes.size()) + System.lineSeparator());
    return code.copy(
        new CodeBlock(Scala.seq(parts), Scala.seq(codes.stream().map(ExprCode::code).toList())),
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
    return arguments.stream().allMatch(Expression::foldable);
  }

  @Override
  public Seq<Expression> children() {
    return Scala.seq(arguments);
  }

  // Scala 2.12 and 2.13 declare different parameter types; both overloads exist, so neither is
  // annotated as an override.
  @SuppressWarnings("MissingOverride")
  public Expression withNewChildrenInternal(
      scala.collection.immutable.IndexedSeq<Expression> newChildren) {
    return new VectorExpression(function, newChildren);
  }

  @SuppressWarnings("MissingOverride")
  public Expression withNewChildrenInternal(scala.collection.IndexedSeq<Expression> newChildren) {
    return new VectorExpression(function, newChildren);
  }

  @Override
  public String prettyName() {
    return function.sqlName();
  }

  @Override
  public String toString() {
    return arguments.stream()
        .map(Expression::toString)
        .collect(Collectors.joining(", ", function.sqlName() + "(", ")"));
  }

  @Override
  public int productArity() {
    return 2;
  }

  @Override
  public Object productElement(int n) {
    return switch (n) {
      case 0 -> function;
      case 1 -> children();
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
