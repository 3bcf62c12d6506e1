package dev.embark.spark.catalyst;

import dev.embark.engine.options.ClassifyOptions;
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
import org.apache.spark.sql.types.AnyDataType$;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.StringType;
import scala.collection.immutable.Seq;

/**
 * A model call as the analyzer creates it. {@link ExtractModelCalls} replaces it by a column of
 * {@link EvalModel}; it is never evaluated itself.
 */
public final class ModelExpression extends ModelCall
    implements Unevaluable, ImplicitCastInputTypes {
  private static final long serialVersionUID = 1L;

  /**
   * @param text a string or NULL, or the {@link PairedTexts} of a function of two; unlike Spark's
   *     string functions, a call does not cast numbers, since an id column that is embedded by
   *     mistake costs a night
   * @param options the session's options with those of the call applied on top
   */
  public ModelExpression(Expression text, FunctionOptions options, SqlFunction function) {
    super(text, options, function);
  }

  @Override
  ModelExpression withText(Expression newText) {
    return new ModelExpression(newText, options(), function());
  }

  @Override
  public Seq<AbstractDataType> inputTypes() {
    return Scala.seq(
        List.of(
            text().dataType() instanceof NullType
                ? (AbstractDataType) DataTypes.StringType
                : AnyDataType$.MODULE$));
  }

  @Override
  public TypeCheckResult checkInputDataTypes() {
    return text().dataType() instanceof StringType
        ? TypeCheckResult.TypeCheckSuccess$.MODULE$
        : new TypeCheckResult.TypeCheckFailure(
            function().sqlName()
                + " takes a string, but this is "
                + text().dataType().catalogString()
                + "; cast it to string if it is text");
  }

  @Override
  public String toString() {
    return function().sqlName() + "(" + text() + optionsSql() + ")";
  }

  @Override
  public String sql() {
    return function().sqlName() + "(" + text().sql() + optionsSql() + ")";
  }

  private String optionsSql() {
    String labels =
        options() instanceof ClassifyOptions classify
            ? ", " + LiteralLabels.sql(classify.labels())
            : "";
    return options().asMap().isEmpty()
        ? labels
        : options().asMap().entrySet().stream()
            .map(e -> "'" + e.getKey() + "', '" + e.getValue() + "'")
            .collect(Collectors.joining(", ", labels + ", map(", ")"));
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
