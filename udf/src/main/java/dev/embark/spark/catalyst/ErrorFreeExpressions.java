package dev.embark.spark.catalyst;

import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.BinaryArithmetic;
import org.apache.spark.sql.catalyst.expressions.BinaryComparison;
import org.apache.spark.sql.catalyst.expressions.CaseWhen;
import org.apache.spark.sql.catalyst.expressions.Cast;
import org.apache.spark.sql.catalyst.expressions.Coalesce;
import org.apache.spark.sql.catalyst.expressions.Concat;
import org.apache.spark.sql.catalyst.expressions.ElementAt;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GetArrayItem;
import org.apache.spark.sql.catalyst.expressions.If;
import org.apache.spark.sql.catalyst.expressions.In;
import org.apache.spark.sql.catalyst.expressions.InSet;
import org.apache.spark.sql.catalyst.expressions.IsNotNull;
import org.apache.spark.sql.catalyst.expressions.IsNull;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.Lower;
import org.apache.spark.sql.catalyst.expressions.Not;
import org.apache.spark.sql.catalyst.expressions.Or;
import org.apache.spark.sql.catalyst.expressions.RaiseError;
import org.apache.spark.sql.catalyst.expressions.UnaryMinus;
import org.apache.spark.sql.catalyst.expressions.Upper;
import org.apache.spark.sql.internal.SQLConf;

/**
 * Classifies expressions that never raise an error and are therefore safe to evaluate for rows that
 * a query excludes. A guard for {@code CASE WHEN x = 0 THEN … WHEN 10 / x > 1 THEN embed(t) END},
 * for example, must not divide for rows that an earlier branch has taken.
 */
final class ErrorFreeExpressions {
  private ErrorFreeExpressions() {}

  /** Whether an expression and all its children are error-free. */
  static boolean is(Expression expression) {
    return isByItself(expression) && expression.children().forall(ErrorFreeExpressions::is);
  }

  private static boolean isByItself(Expression expression) {
    return expression instanceof Attribute
        || expression instanceof Literal
        || expression instanceof Alias
        || expression instanceof BinaryComparison
        || expression instanceof And
        || expression instanceof Or
        || expression instanceof Not
        || expression instanceof In
        || expression instanceof InSet
        || expression instanceof IsNull
        || expression instanceof IsNotNull
        || expression instanceof If
        || expression instanceof CaseWhen
        || expression instanceof Coalesce
        || expression instanceof Concat
        || expression instanceof Lower
        || expression instanceof Upper
        || isUpCast(expression);
  }

  /** Whether an expression may raise an error for some values. */
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

  /** Whether an expression is a lossless cast. */
  static boolean isUpCast(Expression expression) {
    return expression instanceof Cast cast
        && Cast.canUpCast(cast.child().dataType(), cast.dataType());
  }
}
