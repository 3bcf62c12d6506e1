package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.FullOuter$;
import org.apache.spark.sql.catalyst.plans.LeftOuter$;
import org.apache.spark.sql.catalyst.plans.RightOuter$;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Offset;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Repartition;
import org.apache.spark.sql.catalyst.plans.logical.RepartitionByExpression;
import org.apache.spark.sql.catalyst.plans.logical.Sample;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import org.apache.spark.sql.catalyst.plans.logical.Window;

/**
 * Reuses the result of a model operator further down the plan that has already computed a call, and
 * passes its column up.
 *
 * <pre>
 *   SELECT id, embed(body) FROM docs WHERE embed(body)[0] > 0       -- 20 rows
 *
 *   Project [id, embed(body)]                Project [id, embed#7]
 *   +- Filter embed#7[0] > 0          ──►    +- Filter embed#7[0] > 0
 *      +- EvalModel embed(body) → embed#7       +- EvalModel embed(body) → embed#7
 * </pre>
 *
 * <p>Rows embedded in that query: 20 with the rule, up to 40 without, since each row that passes
 * the filter is embedded again. The same holds for a view with an embedding under a query that
 * repeats the call. A column is not passed through a node that changes rows, such as an aggregate
 * or the Expand node of {@code ROLLUP}: above Expand each copy of a row counts as embedded, but
 * equal texts of a window share one evaluation.
 */
final class ReuseResults {
  /**
   * The result column of an earlier call.
   *
   * @param plan the plan, with projections widened to pass the column
   * @param result the column
   */
  record Found(LogicalPlan plan, Attribute result) {}

  private ReuseResults() {}

  /**
   * Whether a node resolves its columns by expression id, so that its children may have additional
   * columns. Other nodes, such as a union or a write, resolve columns by position.
   */
  static boolean passes(LogicalPlan node) {
    return node instanceof EvalModel
        || node instanceof Project
        || node instanceof Filter
        || node instanceof Sort
        || node instanceof LocalLimit
        || node instanceof GlobalLimit
        || node instanceof Offset
        || node instanceof Sample
        || node instanceof Repartition
        || node instanceof RepartitionByExpression
        || node instanceof Window
        || node instanceof Join;
  }

  /** Searches downwards through nodes that pass rows unchanged or drop them. */
  static Optional<Found> find(LogicalPlan plan, ModelExpression call) {
    if (plan instanceof EvalModel eval && eval.answers(call)) {
      int i = Scala.list(eval.outputs()).indexOf(call.function());
      if (i >= 0) {
        return Optional.of(new Found(eval, eval.results().apply(i)));
      }
    }
    if (plan instanceof Project project) {
      return find(project.child(), call).map(found -> widen(project, found));
    }
    return passes(plan) ? throughAny(plan, call) : Optional.empty();
  }

  private static Optional<Found> throughAny(LogicalPlan plan, ModelExpression call) {
    List<LogicalPlan> children = Scala.list(plan.children());
    for (int i = 0; i < children.size(); i++) {
      Optional<Found> found = find(children.get(i), call);
      if (found.isPresent() && survives(plan, i, call)) {
        children.set(i, found.get().plan());
        return Optional.of(
            new Found(plan.withNewChildren(Scala.seq(children)), found.get().result()));
      }
    }
    return Optional.empty();
  }

  /**
   * Whether a child's result column is still correct above the node. A semi join drops the columns
   * of its right side. An outer join adds rows of NULLs, where the result is NULL but the call's
   * result is NULL only if its text is; a text without columns never is.
   */
  private static boolean survives(LogicalPlan plan, int child, ModelExpression call) {
    if (!(plan instanceof Join join) || EvaluateBelowJoin.keepsRows(join, child)) {
      return true;
    }
    boolean addsNulls =
        join.joinType().equals(FullOuter$.MODULE$)
            || join.joinType().equals(LeftOuter$.MODULE$)
            || join.joinType().equals(RightOuter$.MODULE$);
    return addsNulls
        && !call.references().isEmpty()
        && EvaluateBelowJoin.isNullForNulls(call.text());
  }

  private static Found widen(Project project, Found found) {
    if (project.outputSet().contains(found.result())) {
      return new Found(new Project(project.projectList(), found.plan()), found.result());
    }
    List<NamedExpression> list = new ArrayList<>(Scala.list(project.projectList()));
    list.add(found.result());
    return new Found(new Project(Scala.seq(list), found.plan()), found.result());
  }
}
