package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Offset;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Sample;
import org.apache.spark.sql.catalyst.plans.logical.Sort;

/**
 * Moves model calls above nodes that limit, sample, sort or group rows without reading the result
 * of the call.
 *
 * <pre>
 *   SELECT id, embed(body) AS e FROM docs ORDER BY id LIMIT 7       -- docs has 20 rows
 *
 *   Limit 7                                Project [id, embed(body) AS e]
 *   +- Sort [id]                           +- Limit 7
 *      +- Project [id, embed(body) AS e]  ──► +- Sort [id]
 *                                                +- Project [id, body]
 * </pre>
 *
 * <p>Rows embedded in that query: 7 with the rule, 20 without. A {@code TABLESAMPLE} of 4 of the 20
 * rows embeds 4. A global {@code ORDER BY id} without a limit embeds 20 rows either way, but with
 * the rule it sorts texts instead of vectors and needs no additional {@linkplain
 * MaterializeRereadInputs shuffle}. {@code SELECT body, embed(body), count(*) … GROUP BY body} over
 * 10 distinct texts embeds 10 rows, one per group; without the rule there is no valid plan, since
 * an aggregate cannot return a column of its child that is not a grouping column.
 */
final class DeferModelCalls {
  private static final Set<Class<?>> LIMITS_AND_SORTS =
      Set.of(LocalLimit.class, GlobalLimit.class, Offset.class, Sort.class);

  LogicalPlan apply(LogicalPlan plan) {
    return plan.transformUp(Scala.everywhere(RemoveDependentKeys::apply))
        .transformUp(Scala.everywhere(this::aboveGrouping))
        .transformUp(Scala.everywhere(this::aboveLimitsAndSorts));
  }

  /**
   * Splits a projection, so that columns which the node does not read are computed above it.
   *
   * <pre>
   *   Sort [k]                                    Project [k, embed(body) AS e]
   *   +- Project [id AS k, embed(body) AS e]  ──► +- Sort [k]
   *                                                  +- Project [id AS k, body]
   * </pre>
   */
  private LogicalPlan aboveLimitsAndSorts(LogicalPlan node) {
    // A sample selects rows by position; with replacement it repeats rows.
    boolean passesRows =
        LIMITS_AND_SORTS.contains(node.getClass())
            || MaterializeRereadInputs.isRange(node)
            || (node instanceof Sample sample && !sample.withReplacement());
    if (!passesRows || !(node.children().head() instanceof Project project)) {
      return node;
    }
    List<NamedExpression> lower = new ArrayList<>();
    List<NamedExpression> upper = new ArrayList<>();
    List<Expression> later = new ArrayList<>();
    for (NamedExpression column : Scala.list(project.projectList())) {
      Expression expression = (Expression) column;
      if (Calls.in(expression)
          && expression.deterministic()
          && !node.references().contains(column.toAttribute())) {
        later.add(expression);
        upper.add(column);
      } else {
        upper.add(column(column, lower));
      }
    }
    if (later.isEmpty()) {
      return node;
    }
    // Without a computed column the projection stays away, since Spark plans ORDER BY with LIMIT as
    // one operator only if the nodes are adjacent.
    LogicalPlan below = project.child();
    if (!lower.stream().allMatch(column -> column instanceof Attribute)) {
      for (Attribute column : Scala.list(project.child().output())) {
        if (later.stream().anyMatch(e -> e.references().contains(column))) {
          column(column, lower);
        }
      }
      below = new Project(Scala.seq(lower), below);
    }
    LogicalPlan moved = aboveLimitsAndSorts(node.withNewChildren(Scala.seq(List.of(below))));
    return new Project(Scala.seq(upper), moved);
  }

  /**
   * Computes calls over grouping columns and aggregates once per group.
   *
   * <pre>
   *   Aggregate [t], [embed(t) AS e, count(1) AS n]    ──►    Project [embed(t#1) AS e, n#2 AS n]
   *                                                           +- Aggregate [t], [t AS t#1, count(1) AS n#2]
   * </pre>
   */
  private LogicalPlan aboveGrouping(LogicalPlan node) {
    if (!(node instanceof Aggregate aggregate)
        || Scala.list(aggregate.aggregateExpressions()).stream()
            .noneMatch(e -> callsOutsideAggregates((Expression) e, aggregate))) {
      return node;
    }
    List<NamedExpression> lower = new ArrayList<>();
    List<NamedExpression> upper = new ArrayList<>();
    for (NamedExpression named : Scala.list(aggregate.aggregateExpressions())) {
      upper.add(
          callsOutsideAggregates((Expression) named, aggregate)
              ? (NamedExpression) lift((Expression) named, aggregate, lower)
              : column(named, lower));
    }
    return new Project(
        Scala.seq(upper),
        withColumns(aggregate, Scala.list(aggregate.groupingExpressions()), lower));
  }

  /**
   * Copies an aggregate with other expressions. The constructor's arity differs between Spark
   * versions, so the fields are replaced by position.
   */
  static LogicalPlan withColumns(
      Aggregate aggregate, List<Expression> grouping, List<NamedExpression> columns) {
    Object[] fields = new Object[aggregate.productArity()];
    for (int i = 0; i < fields.length; i++) {
      fields[i] = aggregate.productElement(i);
    }
    fields[0] = Scala.seq(grouping);
    fields[1] = Scala.seq(columns);
    return aggregate.makeCopy(fields);
  }

  private static boolean callsOutsideAggregates(Expression expression, Aggregate aggregate) {
    if (expression instanceof AggregateExpression || isGrouping(expression, aggregate)) {
      return false;
    }
    return expression instanceof ModelExpression
        || expression.children().exists(child -> callsOutsideAggregates(child, aggregate));
  }

  private static boolean isGrouping(Expression expression, Aggregate aggregate) {
    return aggregate.groupingExpressions().exists(g -> g.semanticEquals(expression));
  }

  private static Attribute column(NamedExpression named, List<NamedExpression> lower) {
    if (lower.stream().noneMatch(column -> column.exprId().equals(named.exprId()))) {
      lower.add(named);
    }
    return named.toAttribute();
  }

  /**
   * Rewrites an expression for the upper projection. Only grouping columns and aggregates become
   * columns of the lower node; other parts may depend on a lambda variable or belong to a branch
   * that is not taken.
   */
  private static Expression lift(
      Expression expression, Aggregate aggregate, List<NamedExpression> lower) {
    boolean isGroupResult =
        expression instanceof AggregateExpression
            || expression instanceof Attribute
            || (isGrouping(expression, aggregate) && !expression.foldable());
    if (!isGroupResult) {
      return (Expression) expression.mapChildren(child -> lift(child, aggregate, lower));
    }
    if (expression instanceof NamedExpression named) {
      return (Expression) column(named, lower);
    }
    for (NamedExpression column : lower) {
      if (column instanceof Alias alias && alias.child().semanticEquals(expression)) {
        return alias.toAttribute();
      }
    }
    Alias alias = Calls.named(expression, "group_" + lower.size(), NamedExpression.newExprId());
    lower.add(alias);
    return alias.toAttribute();
  }
}
