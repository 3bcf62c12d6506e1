package dev.embark.spark.catalyst;

import java.util.Set;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.BinaryArithmetic;
import org.apache.spark.sql.catalyst.expressions.Cast;
import org.apache.spark.sql.catalyst.expressions.Coalesce;
import org.apache.spark.sql.catalyst.expressions.Concat;
import org.apache.spark.sql.catalyst.expressions.ConcatWs;
import org.apache.spark.sql.catalyst.expressions.ElementAt;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GetArrayItem;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.Lower;
import org.apache.spark.sql.catalyst.expressions.RaiseError;
import org.apache.spark.sql.catalyst.expressions.StringTrim;
import org.apache.spark.sql.catalyst.expressions.Substring;
import org.apache.spark.sql.catalyst.expressions.UnaryMinus;
import org.apache.spark.sql.catalyst.expressions.Upper;
import org.apache.spark.sql.internal.SQLConf;

/**
 * Classifies texts by whether they may raise an error, and therefore must not be evaluated for rows
 * that a query excludes.
 */
final class ErrorFreeExpressions {
  private static final Set<Class<?>> ERROR_FREE =
      Set.of(
          AttributeReference.class,
          Literal.class,
          Coalesce.class,
          Concat.class,
          ConcatWs.class,
          Lower.class,
          PairedTexts.class,
          Upper.class,
          StringTrim.class,
          Substring.class);

  private ErrorFreeExpressions() {}

  /** Whether an expression is known to raise no error for any value. */
  static boolean is(Expression expression) {
    return (ERROR_FREE.contains(expression.getClass()) || isUpCast(expression))
        && expression.children().forall(ErrorFreeExpressions::is);
  }

  /** Whether an expression is known to raise an error for some values. */
  static boolean mayRaise(Expression expression) {
    return expression.exists(
        e ->
            e instanceof RaiseError
                || (SQLConf.get().ansiEnabled()
                    && (e instanceof BinaryArithmetic
                        || e instanceof UnaryMinus
                        || e instanceof GetArrayItem
                        || e instanceof ElementAt
                        || (e instanceof Cast && !isUpCast((Expression) e)))));
  }

  private static boolean isUpCast(Expression expression) {
    return expression instanceof Cast cast
        && Cast.canUpCast(cast.child().dataType(), cast.dataType());
  }
}
