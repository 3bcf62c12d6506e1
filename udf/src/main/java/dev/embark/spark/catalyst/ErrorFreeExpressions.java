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
 * Expressions that may be evaluated for rows which a query excludes, because they never raise an
 * error. {@code CASE WHEN 10 / x > 1 THEN embed(t) END} shows the need: a guard must not divide for
 * rows that an earlier branch of the CASE has taken.
 */
final class ErrorFreeExpressions {
  private ErrorFreeExpressions() {}

  /** Whether an expression is safe with all that it is made of. */
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

  /** Whether an expression is known to fail for some values, as others here are known not to. */
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

  /** Whether it is a cast that every value survives. */
  static boolean isUpCast(Expression expression) {
    return expression instanceof Cast cast
        && Cast.canUpCast(cast.child().dataType(), cast.dataType());
  }
}
