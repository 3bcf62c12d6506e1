package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.SortOrder;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Offset;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Sample;
import org.apache.spark.sql.catalyst.plans.logical.Sort;

/**
 * Moves calls above the nodes that drop, order or group rows without reading an embedding.
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
 * the rule it sorts texts instead of vectors and needs no {@linkplain MaterializeRereadInputs
 * shuffle} in addition. {@code SELECT body, embed(body), count(*) … GROUP BY body} over 10 distinct
 * texts embeds 10 rows, one per group; without the rule there is no valid plan, since an aggregate
 * cannot return a column of its child that is no grouping column.
 */
final class DeferModelCalls {
  LogicalPlan apply(LogicalPlan plan) {
    return plan.transformUp(Scala.everywhere(RemoveDependentKeys::apply))
        .transformUp(Scala.everywhere(this::aboveGrouping))
        .transformUp(Scala.everywhere(this::aboveLimitsAndSorts));
  }

  private LogicalPlan aboveLimitsAndSorts(LogicalPlan node) {
    if (node.children().size() != 1) {
      return node;
    }
    LogicalPlan child = node.children().head();
    if (canSwap(node, child)) {
      LogicalPlan below = node.withNewChildren(child.children());
      return child.withNewChildren(Scala.seq(List.of(aboveLimitsAndSorts(below))));
    }
    return ordersRows(node) && child instanceof Project project ? split(node, project) : node;
  }

  /**
   * Puts above an order what it does not ask for.
   *
   * <pre>
   *   Sort [k]                               Project [k, embed(body) AS e]
   *   +- Project [id AS k, embed(body) AS e]  ──►  +- Sort [k]
   *                                                +- Project [id AS k, body]
   * </pre>
   */
  private static LogicalPlan split(LogicalPlan node, Project project) {
    List<NamedExpression> lower = new ArrayList<>();
    List<NamedExpression> upper = new ArrayList<>();
    List<Expression> later = new ArrayList<>();
    for (NamedExpression column : Scala.list(project.projectList())) {
      Expression expression = (Expression) column;
      boolean isLater =
          Calls.in(expression)
              && expression.deterministic()
              && !node.references().contains(column.toAttribute());
      if (isLater) {
        later.add(expression);
      } else {
        lower.add(column);
      }
      upper.add(isLater ? column : column.toAttribute());
    }
    if (later.isEmpty()) {
      return node;
    }
    for (Attribute column : Scala.list(project.child().output())) {
      if (later.stream().anyMatch(expression -> expression.references().contains(column))) {
        column(column, lower);
      }
    }
    Project below = new Project(Scala.seq(lower), project.child());
    return new Project(Scala.seq(upper), node.withNewChildren(Scala.seq(List.of(below))));
  }

  private static boolean ordersRows(LogicalPlan node) {
    return node instanceof Sort || MaterializeRereadInputs.isRange(node);
  }

  /** Whether {@code child}, which has a call, gives the same rows above {@code node}. */
  private static boolean canSwap(LogicalPlan node, LogicalPlan child) {
    if (!Calls.hasAny(child) || !child.expressions().forall(e -> e.deterministic())) {
      return false;
    }
    if (ordersRows(node)) {
      // What is computed for an order may fail for rows that a filter drops.
      boolean isSafe =
          child instanceof Project
              || (child instanceof Filter
                  && node.expressions().forall(e -> isColumn((Expression) e)));
      return isSafe && node.references().subsetOf(child.children().head().outputSet());
    }
    // A sample picks rows by their place; one with replacement has some of them twice.
    boolean picksRows =
        node instanceof LocalLimit
            || node instanceof GlobalLimit
            || node instanceof Offset
            || (node instanceof Sample sample && !sample.withReplacement());
    return child instanceof Project && picksRows;
  }

  private static boolean isColumn(Expression ordered) {
    return ordered instanceof Attribute
        || (ordered instanceof SortOrder order && order.child() instanceof Attribute);
  }

  /**
   * Calls over grouping columns and aggregates are answered once per group.
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
    return new Project(Scala.seq(upper), withColumns(aggregate, lower));
  }

  private static LogicalPlan withColumns(Aggregate aggregate, List<NamedExpression> columns) {
    return withColumns(aggregate, Scala.list(aggregate.groupingExpressions()), columns);
  }

  /** By position and copy: the constructor's arity differs between Spark versions. */
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
   * What the upper projection says. Only what a grouping gives becomes a column of the lower: the
   * rest may be part of a lambda, or of a branch that is not taken.
   */
  private static Expression lift(
      Expression expression, Aggregate aggregate, List<NamedExpression> lower) {
    boolean isGiven =
        expression instanceof AggregateExpression
            || expression instanceof Attribute
            || (isGrouping(expression, aggregate) && !expression.foldable());
    if (!isGiven) {
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
