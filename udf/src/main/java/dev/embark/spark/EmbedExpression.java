package dev.embark.spark;

import dev.embark.engine.EmbedOptions;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ImplicitCastInputTypes;
import org.apache.spark.sql.catalyst.expressions.Unevaluable;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.types.AbstractDataType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StringType;
import scala.collection.immutable.Seq;
import scala.runtime.ScalaRunTime;

/**
 * A call of one of the {@link EmbedOutput} functions in a plan. {@link ExtractEmbeddings} replaces
 * it by a column of the operator; it is never evaluated row by row.
 */
public final class EmbedExpression extends Expression
    implements Unevaluable, ImplicitCastInputTypes {
  private static final long serialVersionUID = 1L;

  private final Expression text;
  private final EmbedOptions options;
  private final EmbedOutput output;

  /**
   * @param text of any type that Spark casts to a string
   * @param options resolved: those of the call over those of the session
   */
  public EmbedExpression(Expression text, EmbedOptions options, EmbedOutput output) {
    this.text = text;
    this.options = options;
    this.output = output;
  }

  Expression text() {
    return text;
  }

  EmbedOptions options() {
    return options;
  }

  EmbedOutput output() {
    return output;
  }

  EmbedExpression withText(Expression newText) {
    return new EmbedExpression(newText, options, output);
  }

  @Override
  public DataType dataType() {
    return output.dataType(options);
  }

  @Override
  public boolean nullable() {
    return true;
  }

  @Override
  public boolean foldable() {
    return false;
  }

  @Override
  public Seq<AbstractDataType> inputTypes() {
    return Scala.seq(List.of((AbstractDataType) DataTypes.StringType));
  }

  @Override
  public TypeCheckResult checkInputDataTypes() {
    return text.dataType() instanceof StringType
        ? TypeCheckResult.TypeCheckSuccess$.MODULE$
        : new TypeCheckResult.TypeCheckFailure(
            output.function()
                + " takes a string, but this is "
                + text.dataType().catalogString()
                + "; cast it to string if it is text");
  }

  @Override
  public String prettyName() {
    return output.function();
  }

  @Override
  public String toString() {
    return output.function() + "(" + text + optionsSql() + ")";
  }

  @Override
  public String sql() {
    return output.function() + "(" + text.sql() + optionsSql() + ")";
  }

  private String optionsSql() {
    return options.asMap().isEmpty()
        ? ""
        : options.asMap().entrySet().stream()
            .map(e -> "'" + e.getKey() + "', '" + e.getValue() + "'")
            .collect(Collectors.joining(", ", ", map(", ")"));
  }

  @Override
  public Seq<Expression> children() {
    return Scala.seq(List.of(text));
  }

  // Scala 2.12 and 2.13 declare this with different types; both are there, so neither overrides.
  public Expression withNewChildrenInternal(
      scala.collection.immutable.IndexedSeq<Expression> newChildren) {
    return withText(newChildren.apply(0));
  }

  public Expression withNewChildrenInternal(scala.collection.IndexedSeq<Expression> newChildren) {
    return withText(newChildren.apply(0));
  }

  @Override
  public Object eval(InternalRow input) {
    throw new UnsupportedOperationException(this + " is computed by the operator EvalEmbed only");
  }

  @Override
  public ExprCode doGenCode(CodegenContext context, ExprCode code) {
    throw new UnsupportedOperationException(this + " is computed by the operator EvalEmbed only");
  }

  @Override
  public int productArity() {
    return 3;
  }

  @Override
  public Object productElement(int n) {
    return switch (n) {
      case 0 -> text;
      case 1 -> options;
      case 2 -> output;
      default -> throw new IndexOutOfBoundsException(n);
    };
  }

  @Override
  public boolean canEqual(Object that) {
    return that instanceof EmbedExpression;
  }

  @Override
  public boolean equals(Object that) {
    return that instanceof EmbedExpression other && Scala.equalProducts(this, other);
  }

  @Override
  public int hashCode() {
    return ScalaRunTime._hashCode(this);
  }
}
