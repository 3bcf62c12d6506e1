package dev.embark.spark;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Offset;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Sort;

/**
 * Moves calls above the nodes that drop, order or group rows without needing an embedding, so that
 * fewer rows are embedded, and none twice: a global sort, as a repartitioning by range, reads its
 * input a second time for its ranges.
 */
final class EmbedLater {
  LogicalPlan apply(LogicalPlan plan) {
    LogicalPlan grouped =
        plan.transformUp(Scala.everywhere(DependentKeys::apply))
            .transformUp(Scala.everywhere(FilterGroups::apply))
            .transformUp(Scala.everywhere(this::aboveGrouping));
    return grouped.transformUp(Scala.everywhere(this::aboveLimitsAndSorts));
  }

  private LogicalPlan aboveLimitsAndSorts(LogicalPlan node) {
    if (node.children().size() != 1) {
      return node;
    }
    LogicalPlan child = node.children().head();
    if (!canSwap(node, child)) {
      return node;
    }
    LogicalPlan below = node.withNewChildren(child.children());
    return child.withNewChildren(Scala.seq(List.of(aboveLimitsAndSorts(below))));
  }

  /** Whether {@code child}, which has a call, gives the same rows above {@code node}. */
  private static boolean canSwap(LogicalPlan node, LogicalPlan child) {
    if (!Calls.hasAny(child) || !child.expressions().forall(e -> e.deterministic())) {
      return false;
    }
    if (node instanceof Sort || SpreadBeforeSort.isRange(node)) {
      return (child instanceof Project || child instanceof Filter)
          && node.references().subsetOf(child.children().head().outputSet());
    }
    return child instanceof Project
        && (node instanceof LocalLimit || node instanceof GlobalLimit || node instanceof Offset);
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
      upper.add((NamedExpression) lift((Expression) named, aggregate, lower));
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
    return expression instanceof EmbedExpression
        || expression.children().exists(child -> callsOutsideAggregates(child, aggregate));
  }

  private static boolean isGrouping(Expression expression, Aggregate aggregate) {
    return aggregate.groupingExpressions().exists(g -> g.semanticEquals(expression));
  }

  /** What the upper projection says; everything without a call becomes a column of the lower. */
  private static Expression lift(
      Expression expression, Aggregate aggregate, List<NamedExpression> lower) {
    if (callsOutsideAggregates(expression, aggregate)) {
      return (Expression) expression.mapChildren(child -> lift(child, aggregate, lower));
    }
    if (expression.foldable()) {
      return expression;
    }
    if (expression instanceof NamedExpression named) {
      if (lower.stream().noneMatch(column -> column.exprId().equals(named.exprId()))) {
        lower.add(named);
      }
      return (Expression) named.toAttribute();
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
