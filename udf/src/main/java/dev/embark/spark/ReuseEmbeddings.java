package dev.embark.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Sort;

/** Looks below a node for an operator that has already answered a call. */
final class ReuseEmbeddings {
  /**
   * @param plan the plan, its projections widened so that the column comes through
   * @param result the column
   */
  record Found(LogicalPlan plan, Attribute result) {}

  private ReuseEmbeddings() {}

  /** Follows the rows downwards as long as each node hands every row on unchanged, or drops it. */
  static Optional<Found> find(LogicalPlan plan, EmbedExpression call) {
    if (plan instanceof EvalEmbed eval) {
      if (eval.answers(call)) {
        int i = Scala.list(eval.outputs()).indexOf(call.output());
        if (i >= 0) {
          return Optional.of(new Found(eval, eval.results().apply(i)));
        }
      }
      return through(eval, call);
    }
    if (plan instanceof Project project) {
      return find(project.child(), call).map(found -> widen(project, found));
    }
    if (plan instanceof Filter
        || plan instanceof Sort
        || plan instanceof LocalLimit
        || plan instanceof GlobalLimit) {
      return through(plan, call);
    }
    return Optional.empty();
  }

  private static Optional<Found> through(LogicalPlan unary, EmbedExpression call) {
    return find(unary.children().head(), call)
        .map(
            found ->
                new Found(unary.withNewChildren(Scala.seq(List.of(found.plan()))), found.result()));
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
