package dev.embark.spark;

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
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateFunction;
import org.apache.spark.sql.catalyst.expressions.aggregate.Average;
import org.apache.spark.sql.catalyst.expressions.aggregate.BitAggregate;
import org.apache.spark.sql.catalyst.expressions.aggregate.CentralMomentAgg;
import org.apache.spark.sql.catalyst.expressions.aggregate.CollectList;
import org.apache.spark.sql.catalyst.expressions.aggregate.CollectSet;
import org.apache.spark.sql.catalyst.expressions.aggregate.Count;
import org.apache.spark.sql.catalyst.expressions.aggregate.First;
import org.apache.spark.sql.catalyst.expressions.aggregate.Last;
import org.apache.spark.sql.catalyst.expressions.aggregate.Max;
import org.apache.spark.sql.catalyst.expressions.aggregate.MaxBy;
import org.apache.spark.sql.catalyst.expressions.aggregate.Min;
import org.apache.spark.sql.catalyst.expressions.aggregate.MinBy;
import org.apache.spark.sql.catalyst.expressions.aggregate.Sum;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.ShortType;

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
        || (expression instanceof AggregateFunction function && isSafeAggregate(function))
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

  /** Whether an aggregate has a result whatever rows it is given. */
  private static boolean isSafeAggregate(AggregateFunction function) {
    if (function instanceof Sum || function instanceof Average) {
      // Others may overflow: a sum of as many of these as there can be does not.
      DataType type = function.children().head().dataType();
      return type instanceof DoubleType
          || type instanceof FloatType
          || type instanceof IntegerType
          || type instanceof ShortType
          || type instanceof ByteType
          || (function instanceof Average && type instanceof LongType);
    }
    return function instanceof Count
        || function instanceof Min
        || function instanceof Max
        || function instanceof First
        || function instanceof Last
        || function instanceof MinBy
        || function instanceof MaxBy
        || function instanceof CollectList
        || function instanceof CollectSet
        || function instanceof BitAggregate
        || function instanceof CentralMomentAgg;
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
