package dev.embark.spark.catalyst;

import dev.embark.engine.options.ErrorMode;
import dev.embark.spark.compat.Scala;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.BinaryComparison;
import org.apache.spark.sql.catalyst.expressions.Concat;
import org.apache.spark.sql.catalyst.expressions.EqualNullSafe;
import org.apache.spark.sql.catalyst.expressions.EqualTo;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.Lower;
import org.apache.spark.sql.catalyst.expressions.Not;
import org.apache.spark.sql.catalyst.expressions.Upper;
import org.apache.spark.sql.catalyst.plans.FullOuter$;
import org.apache.spark.sql.catalyst.plans.InnerLike;
import org.apache.spark.sql.catalyst.plans.LeftOuter$;
import org.apache.spark.sql.catalyst.plans.RightOuter$;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;

/**
 * Computes a call that reads one side of a pairing join below that side, once per row instead of
 * once per pair. A pairing join is a {@code CROSS JOIN} or has a single bound as its condition.
 *
 * <pre>
 *   SELECT a.id, b.id, cosine_similarity(embed(a.t), embed(b.t)) FROM a CROSS JOIN b   -- 20 rows each
 *
 *   EvalModel embed(b.t)             Join Cross
 *   +- EvalModel embed(a.t)    ──►   :- EvalModel embed(a.t)
 *      +- Join Cross                 :  +- a
 *         :- a                       +- EvalModel embed(b.t)
 *         +- b                          +- b
 * </pre>
 *
 * <p>Rows embedded in that query: 40 with the rule, 800 without. A call over a join by equality, or
 * by two bounds as in {@code ON a.time BETWEEN b.start AND b.end}, stays above the join, because
 * such a join selects rows rather than multiplying them.
 */
final class EvaluateBelowJoin {
  private EvaluateBelowJoin() {}

  /**
   * The index of the child below which to evaluate the call, or −1 to evaluate it above the join.
   */
  static int of(Join join, ModelExpression call) {
    if (!pairsRows(join) || call.references().isEmpty() || !isNullForNulls(call.text())) {
      return -1;
    }
    List<LogicalPlan> sides = Scala.list(join.children());
    for (int side = 0; side < sides.size(); side++) {
      if (call.references().subsetOf(sides.get(side).outputSet())) {
        boolean meetsOneRow = sides.get(1 - side).maxRows().exists(rows -> (long) rows <= 1);
        // In mode FAILFAST, a row that the join drops must not fail the query.
        boolean mayDrop = call.options().mode() != ErrorMode.FAILFAST;
        return !meetsOneRow && (mayDrop || keepsAll(join, side)) ? side : -1;
      }
    }
    return -1;
  }

  /** Whether the join pairs each row of one side with many rows of the other. */
  static boolean pairsRows(Join join) {
    // FULL JOIN is excluded: with an inequality condition Spark reads one side twice.
    if (!(join.joinType() instanceof InnerLike || keepsAll(join, 0) || keepsAll(join, 1))) {
      return false;
    }
    List<Expression> conditions =
        join.condition().isEmpty()
            ? new ArrayList<>()
            : ExtractModelCalls.conjuncts(join.condition().get());
    conditions.removeIf(EvaluateBelowJoin::differs);
    return conditions.isEmpty() || (conditions.size() == 1 && isBound(conditions.get(0)));
  }

  /** Whether a condition is {@code <>}, which most pairs satisfy. */
  private static boolean differs(Expression condition) {
    return condition instanceof Not not && not.child() instanceof BinaryComparison;
  }

  /**
   * Whether a condition is a bound such as {@code <}. Other conditions, such as LIKE, may select
   * few pairs.
   */
  private static boolean isBound(Expression condition) {
    return condition instanceof BinaryComparison
        && !(condition instanceof EqualTo || condition instanceof EqualNullSafe);
  }

  /**
   * Whether output rows of a side are always input rows of it, never rows of NULLs that an outer
   * join adds.
   */
  static boolean keepsRows(Join join, int side) {
    if (join.joinType() instanceof InnerLike) {
      return true;
    }
    return !join.joinType().equals(FullOuter$.MODULE$)
        && side == (join.joinType().equals(RightOuter$.MODULE$) ? 1 : 0);
  }

  /** Whether every row of a side is in the output, matched or not. */
  private static boolean keepsAll(Join join, int side) {
    return join.joinType().equals(side == 0 ? LeftOuter$.MODULE$ : RightOuter$.MODULE$);
  }

  /**
   * Whether a text is error-free, and NULL if its columns are NULL, as in the rows that an outer
   * join adds.
   */
  static boolean isNullForNulls(Expression text) {
    boolean isSafe =
        text instanceof Attribute
            || text instanceof Literal
            || text instanceof Concat
            || text instanceof Lower
            || text instanceof Upper
            || ErrorFreeExpressions.isUpCast(text);
    return isSafe && text.children().forall(EvaluateBelowJoin::isNullForNulls);
  }
}
