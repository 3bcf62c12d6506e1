package dev.embark.spark.catalyst;

import dev.embark.engine.options.ErrorMode;
import dev.embark.spark.compat.Scala;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.BinaryComparison;
import org.apache.spark.sql.catalyst.expressions.EqualNullSafe;
import org.apache.spark.sql.catalyst.expressions.EqualTo;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Not;
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
 * such a join selects rows rather than multiplying them. So does a call that computes its text of
 * the side for which an outer join adds rows of NULLs, since the text may not be NULL in those
 * rows; a column is.
 */
final class EvaluateBelowJoin {
  private EvaluateBelowJoin() {}

  /**
   * The index of the child below which to evaluate the call, or −1 to evaluate it above the join.
   */
  static int of(Join join, ModelExpression call) {
    // A row that the join drops must not fail the query.
    if (!pairsRows(join)
        || !ErrorFreeExpressions.is(call.text())
        || call.options().mode() == ErrorMode.FAILFAST) {
      return -1;
    }
    List<LogicalPlan> sides = Scala.list(join.children());
    for (int side = 0; side < sides.size(); side++) {
      boolean meetsOneRow = sides.get(1 - side).maxRows().exists(rows -> (long) rows <= 1);
      if (passesResult(join, side, call)
          && !meetsOneRow
          && !call.references().isEmpty()
          && call.references().subsetOf(sides.get(side).outputSet())) {
        return side;
      }
    }
    return -1;
  }

  /** Whether the join pairs each row of one side with many rows of the other. */
  static boolean pairsRows(Join join) {
    int bounds = 0;
    if (join.condition().isDefined()) {
      for (Expression condition : ExtractModelCalls.conjuncts(join.condition().get())) {
        boolean differs = condition instanceof Not not && not.child() instanceof BinaryComparison;
        boolean isBound =
            condition instanceof BinaryComparison
                && !(condition instanceof EqualTo || condition instanceof EqualNullSafe);
        // Most pairs satisfy <>. Other conditions, such as LIKE, may select few pairs.
        bounds += differs ? 0 : isBound ? 1 : 2;
      }
    }
    return bounds <= 1
        && (join.joinType() instanceof InnerLike
            || join.joinType().equals(LeftOuter$.MODULE$)
            || join.joinType().equals(RightOuter$.MODULE$));
  }

  /**
   * Whether the result of a call that is evaluated below a side is its result above the join.
   * Output rows of the side are input rows of it, or rows of NULLs that an outer join adds: in
   * these a column of the side is NULL, and so is the call's result for it.
   */
  static boolean passesResult(Join join, int side, ModelExpression call) {
    return keepsRows(join, side)
        || (call.text() instanceof Attribute
            && (join.joinType().equals(LeftOuter$.MODULE$)
                || join.joinType().equals(RightOuter$.MODULE$)
                || join.joinType().equals(FullOuter$.MODULE$)));
  }

  /** Whether output rows of a side are always input rows of it. */
  private static boolean keepsRows(Join join, int side) {
    return join.joinType() instanceof InnerLike
        || (!join.joinType().equals(FullOuter$.MODULE$)
            && side == (join.joinType().equals(RightOuter$.MODULE$) ? 1 : 0));
  }
}
