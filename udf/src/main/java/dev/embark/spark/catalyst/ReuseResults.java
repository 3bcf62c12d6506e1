package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
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
 * repeats the call, and for {@code SELECT explode(embed(t)) FROM (SELECT upper(body) AS t FROM
 * docs) WHERE embed(t)[0] > 0}, whose condition Spark pushes below the projection as {@code
 * embed(upper(body))}. A column is not passed through a node that changes rows, such as an
 * aggregate or the Expand node of {@code ROLLUP}: above Expand each copy of a row counts as
 * embedded, but equal texts of a window share one evaluation. Nor is it passed through an outer
 * join that adds NULLs unless the text is a column, which is NULL in these rows as the result is.
 */
final class ReuseResults {
  private static final Set<Class<?>> PASSES =
      Set.of(
          EvalModel.class,
          Project.class,
          Filter.class,
          Sort.class,
          LocalLimit.class,
          GlobalLimit.class,
          Offset.class,
          Sample.class,
          Repartition.class,
          RepartitionByExpression.class,
          Window.class,
          Join.class);

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
    return PASSES.contains(node.getClass());
  }

  /** Searches downwards through nodes that pass rows unchanged or drop them. */
  static Optional<Found> find(LogicalPlan plan, ModelExpression call) {
    if (plan instanceof EvalModel eval && eval.answers(call)) {
      int i = Scala.list(eval.outputs()).indexOf(call.function());
      if (i >= 0) {
        return Optional.of(new Found(eval, eval.results().apply(i)));
      }
    }
    if (!passes(plan)) {
      return Optional.empty();
    }
    ModelExpression below = plan instanceof Project project ? below(project, call) : call;
    List<LogicalPlan> children = Scala.list(plan.children());
    for (int i = 0; i < children.size(); i++) {
      // An outer join adds rows in which the column is NULL; a semi join drops one side's columns.
      Optional<Found> found =
          plan instanceof Join join && !EvaluateBelowJoin.passesResult(join, i, call)
              ? Optional.empty()
              : find(children.get(i), below);
      if (found.isPresent()) {
        children.set(i, found.get().plan());
        Attribute result = found.get().result();
        return Optional.of(
            new Found(widened(plan.withNewChildren(Scala.seq(children)), result), result));
      }
    }
    return Optional.empty();
  }

  /** Returns a call with the expressions of a projection in place of the columns they define. */
  private static ModelExpression below(Project project, ModelExpression call) {
    Map<ExprId, Expression> defined = new HashMap<>();
    for (NamedExpression column : Scala.list(project.projectList())) {
      if (column instanceof Alias alias) {
        defined.put(alias.exprId(), alias.child());
      }
    }
    return call.withText(
        (Expression)
            call.text()
                .transformUp(
                    Scala.<Expression, Expression>everywhere(
                        e ->
                            e instanceof Attribute column
                                ? defined.getOrDefault(column.exprId(), e)
                                : e)));
  }

  private static LogicalPlan widened(LogicalPlan plan, Attribute result) {
    if (!(plan instanceof Project project) || project.outputSet().contains(result)) {
      return plan;
    }
    List<NamedExpression> columns = new ArrayList<>(Scala.list(project.projectList()));
    columns.add(result);
    return new Project(Scala.seq(columns), project.child());
  }
}
