package dev.embark.spark;

import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.BinaryComparison;
import org.apache.spark.sql.catalyst.expressions.Cast;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.In;
import org.apache.spark.sql.catalyst.expressions.InSet;
import org.apache.spark.sql.catalyst.expressions.IsNotNull;
import org.apache.spark.sql.catalyst.expressions.IsNull;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.Not;
import org.apache.spark.sql.catalyst.expressions.Or;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateFunction;

/** Which expressions can be computed for rows that a query keeps them from: none of these fails. */
final class SafeForAnyRow {
  private SafeForAnyRow() {}

  /** Whether an expression is safe with all that it is made of. */
  static boolean is(Expression expression) {
    return isByItself(expression) && expression.children().forall(SafeForAnyRow::is);
  }

  /** Whether it is, if its children are. */
  static boolean isByItself(Expression expression) {
    return expression instanceof Attribute
        || expression instanceof Literal
        || expression instanceof Alias
        || expression instanceof AggregateExpression
        || expression instanceof AggregateFunction
        || expression instanceof BinaryComparison
        || expression instanceof And
        || expression instanceof Or
        || expression instanceof Not
        || expression instanceof In
        || expression instanceof InSet
        || expression instanceof IsNull
        || expression instanceof IsNotNull
        || isUpCast(expression);
  }

  /** Whether it is a cast that every value survives. */
  static boolean isUpCast(Expression expression) {
    return expression instanceof Cast cast
        && Cast.canUpCast(cast.child().dataType(), cast.dataType());
  }
}
