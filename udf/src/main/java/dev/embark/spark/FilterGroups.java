package dev.embark.spark;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;

/**
 * Moves a condition with a call over grouping columns from below the grouping to above it, where it
 * embeds each group once. Spark puts it below, for fewer rows to group; embedding costs more.
 *
 * <pre>
 *   Aggregate [t], [t, count(1) AS n]         Filter embed(t)[0] > 0
 *   +- Filter embed(t)[0] > 0           ──►   +- Aggregate [t], [t, count(1) AS n]
 * </pre>
 */
final class FilterGroups {
  private FilterGroups() {}

  static LogicalPlan apply(LogicalPlan node) {
    if (!(node instanceof Aggregate aggregate)
        || aggregate.isStreaming()
        || !(filterOf(aggregate) instanceof Filter filter)
        || !aggregate.expressions().forall(e -> cannotFail((Expression) e))) {
      return node;
    }
    List<Attribute> keys = new ArrayList<>();
    for (Expression grouping : Scala.list(aggregate.groupingExpressions())) {
      if (grouping instanceof Attribute key && DependentKeys.sameWhenEqual(key.dataType())) {
        keys.add(key);
      }
    }
    AttributeSet keySet = AttributeSet.apply(Scala.<Expression>seq(keys));
    List<Expression> above = new ArrayList<>();
    List<Expression> below = new ArrayList<>();
    for (Expression condition : ExtractEmbeddings.conjuncts(filter.condition())) {
      boolean ofGroups =
          Calls.in(condition)
              && condition.deterministic()
              && !condition.references().isEmpty()
              && condition.references().subsetOf(keySet);
      (ofGroups ? above : below).add(condition);
    }
    if (above.isEmpty()) {
      return node;
    }
    LogicalPlan rows =
        below.isEmpty() ? filter.child() : new Filter(ExtractEmbeddings.and(below), filter.child());
    LogicalPlan input =
        aggregate.child() == filter
            ? rows
            : aggregate.child().withNewChildren(Scala.seq(List.of(rows)));
    return filtered(aggregate, keys, ExtractEmbeddings.and(above), input);
  }

  /** Whether it can be computed for rows and groups that the filter would have dropped. */
  private static boolean cannotFail(Expression expression) {
    // A call is computed above the condition.
    return Calls.in(expression)
        || (SafeForAnyRow.isByItself(expression)
            && expression.children().forall(FilterGroups::cannotFail));
  }

  /** The filter below, if at most a choice of columns stands between. */
  private static LogicalPlan filterOf(Aggregate aggregate) {
    LogicalPlan child = aggregate.child();
    return ExtractEmbeddings.choosesColumns(child) ? child.children().head() : child;
  }

  private static LogicalPlan filtered(
      Aggregate aggregate, List<Attribute> keys, Expression condition, LogicalPlan input) {
    List<NamedExpression> columns = new ArrayList<>(Scala.list(aggregate.aggregateExpressions()));
    for (Attribute key : keys) {
      if (!aggregate.outputSet().contains(key)) {
        columns.add(key);
      }
    }
    LogicalPlan groups =
        EmbedLater.withColumns(aggregate, Scala.list(aggregate.groupingExpressions()), columns)
            .withNewChildren(Scala.seq(List.of(input)));
    List<NamedExpression> output = new ArrayList<>(Scala.list(aggregate.output()));
    return new Project(Scala.seq(output), new Filter(condition, groups));
  }
}
