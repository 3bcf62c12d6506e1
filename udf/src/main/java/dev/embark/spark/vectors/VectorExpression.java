package dev.embark.spark.vectors;

import dev.embark.spark.compat.Scala;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.codegen.CodeBlock;
import org.apache.spark.sql.catalyst.expressions.codegen.CodeGenerator$;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.FloatType;
import scala.collection.immutable.Seq;
import scala.runtime.ScalaRunTime;

/** A {@link VectorFunction} of a vector alone, of a vector and a degree, or of two vectors. */
public final class VectorExpression extends Expression implements Serializable {
  private static final long serialVersionUID = 1L;

  private final VectorFunction function;
  private final List<Expression> arguments;

  private transient VectorComputation computation; // null until the first row

  /** Public because Spark copies expressions by reflection. */
  public VectorExpression(VectorFunction function, scala.collection.Seq<Expression> arguments) {
    this.function = function;
    this.arguments = Scala.list(arguments);
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
    return ArgumentTypes.checkNumbersOrBits(
        function.sqlName(), arguments.get(0).dataType(), arguments.get(1).dataType());
  }

  private VectorComputation computation() {
    if (computation == null) {
      computation =
          new VectorComputation(function, arguments.stream().map(Expression::dataType).toList());
    }
    return computation;
  }

  @Override
  public Object eval(InternalRow row) {
    Object first = arguments.get(0).eval(row);
    if (first == null || arguments.size() == 1) {
      return first == null ? null : computation().of(first, null);
    }
    Object second = arguments.get(1).eval(row);
    return second == null ? null : computation().of(first, second);
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
        %1$s %2$s = (%1$s) %3$s.of(%4$s, %5$s);
        if (%2$s != null) {
          %6$s = false;
          %7$s = %2$s;
        }
        """
            .formatted(
                CodeGenerator$.MODULE$.boxedType(dataType()),
                context.freshName("result"),
                context.addReferenceObj(
                    "computation", computation(), VectorComputation.class.getName()),
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
