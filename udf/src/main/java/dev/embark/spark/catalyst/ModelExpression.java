package dev.embark.spark.catalyst;

import dev.embark.engine.options.FunctionOptions;
import dev.embark.spark.compat.Scala;
import dev.embark.spark.conf.SqlFunction;
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
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StringType;
import scala.collection.immutable.Seq;

/**
 * A call of one of the {@link SqlFunction} functions in a plan. {@link ExtractModelCalls} replaces
 * it by a column of the operator; it is never evaluated row by row.
 */
public final class ModelExpression extends ModelCall
    implements Unevaluable, ImplicitCastInputTypes {
  private static final long serialVersionUID = 1L;

  /**
   * @param text of any type that Spark casts to a string
   * @param options resolved: those of the call over those of the session
   */
  public ModelExpression(Expression text, FunctionOptions options, SqlFunction output) {
    super(text, options, output);
  }

  @Override
  ModelExpression withText(Expression newText) {
    return new ModelExpression(newText, options(), output());
  }

  @Override
  public Seq<AbstractDataType> inputTypes() {
    return Scala.seq(List.of((AbstractDataType) DataTypes.StringType));
  }

  @Override
  public TypeCheckResult checkInputDataTypes() {
    return text().dataType() instanceof StringType
        ? TypeCheckResult.TypeCheckSuccess$.MODULE$
        : new TypeCheckResult.TypeCheckFailure(
            output().function()
                + " takes a string, but this is "
                + text().dataType().catalogString()
                + "; cast it to string if it is text");
  }

  @Override
  public String toString() {
    return output().function() + "(" + text() + optionsSql() + ")";
  }

  @Override
  public String sql() {
    return output().function() + "(" + text().sql() + optionsSql() + ")";
  }

  private String optionsSql() {
    return options().asMap().isEmpty()
        ? ""
        : options().asMap().entrySet().stream()
            .map(e -> "'" + e.getKey() + "', '" + e.getValue() + "'")
            .collect(Collectors.joining(", ", ", map(", ")"));
  }

  @Override
  public Object eval(InternalRow input) {
    throw new UnsupportedOperationException(this + " is computed by the operator EvalModel only");
  }

  @Override
  public ExprCode doGenCode(CodegenContext context, ExprCode code) {
    throw new UnsupportedOperationException(this + " is computed by the operator EvalModel only");
  }
}
