package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression;
import org.apache.spark.sql.catalyst.expressions.aggregate.First;
import org.apache.spark.sql.catalyst.expressions.aggregate.Last;
import org.apache.spark.sql.catalyst.expressions.aggregate.Max;
import org.apache.spark.sql.catalyst.expressions.aggregate.Min;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.IntegralType;

/**
 * Removes a call over grouping columns from the grouping columns, and from aggregates such as
 * {@code first} that return one of several equal values, since the call has the same value in all
 * rows of a group. {@link DeferModelCalls} then computes the call once per group.
 *
 * <pre>
 *   SELECT DISTINCT body, embed(body) AS e FROM docs       -- 20 rows, 10 distinct texts
 *   docs.withColumn("e", embed(body)).dropDuplicates("body")
 *
 *   Aggregate [body, e], [body, e]                   Aggregate [body], [body, embed(body) AS e]
 *   +- Project [body, embed(body) AS e]       ──►    +- Project [body]
 * </pre>
 *
 * <p>Rows embedded in either query: 10 with the rule, 20 without, and without the rule the shuffle
 * of the grouping compares and carries vectors. A condition over groups, as in {@code HAVING
 * embed(body)[0] > 0}, is not moved: Spark evaluates it below the aggregate for each row.
 */
final class RemoveDependentKeys {
  private static final Set<Class<?>> ONE_OF_EQUALS =
      Set.of(First.class, Last.class, Max.class, Min.class);

  private final Aggregate aggregate;
  private final List<NamedExpression> columns;
  private final Map<ExprId, Expression> keys = new HashMap<>(); // as the child computes them
  private final Map<ExprId, Expression> dependent = new HashMap<>(); // over the other keys
  private boolean changed;

  private RemoveDependentKeys(Aggregate aggregate) {
    this.aggregate = aggregate;
    this.columns =
        new ArrayList<>(
            aggregate.child() instanceof Project project
                ? Scala.list(project.projectList())
                : Scala.list(aggregate.child().output()));
  }

  static LogicalPlan apply(LogicalPlan node) {
    // The checkpoint of a streaming aggregate depends on its keys.
    return node instanceof Aggregate aggregate && !aggregate.isStreaming()
        ? new RemoveDependentKeys(aggregate).rewrite()
        : node;
  }

  /**
   * Whether equal values of a type always have the same text; not so for 0.0 and -0.0, or for
   * strings under a case-insensitive collation.
   */
  private static boolean sameWhenEqual(DataType type) {
    return type.equals(DataTypes.StringType) || type instanceof IntegralType;
  }

  private LogicalPlan rewrite() {
    findDependent();
    List<NamedExpression> output = new ArrayList<>();
    for (NamedExpression named : Scala.list(aggregate.aggregateExpressions())) {
      Expression rewritten = ofGroup((Expression) named);
      output.add(
          rewritten instanceof NamedExpression same
              ? same
              : Calls.named(rewritten, named.name(), named.exprId()));
    }
    // If a remaining aggregate needs the call below the node anyway, it is not computed a second
    // time above.
    if (!changed || output.stream().anyMatch(column -> callsInAggregates((Expression) column))) {
      return aggregate;
    }
    List<Expression> grouping = new ArrayList<>(Scala.list(aggregate.groupingExpressions()));
    grouping.removeIf(key -> isDependent(key));
    LogicalPlan child = aggregate.child();
    if (!dependent.isEmpty() && child instanceof Project project) {
      List<NamedExpression> kept = new ArrayList<>(columns);
      kept.removeIf(column -> dependent.containsKey(column.exprId()));
      child = new Project(Scala.seq(kept), project.child());
    }
    return DeferModelCalls.withColumns(aggregate, grouping, output)
        .withNewChildren(Scala.seq(List.of(child)));
  }

  private void findDependent() {
    for (Expression grouping : Scala.list(aggregate.groupingExpressions())) {
      for (NamedExpression column : columns) {
        if (grouping instanceof Attribute key && key.exprId().equals(column.exprId())) {
          Expression computed = computation(column);
          if (!Calls.in(computed) && sameWhenEqual(key.dataType())) {
            keys.put(key.exprId(), computed);
          }
        }
      }
    }
    for (NamedExpression column : columns) {
      Expression computed = computation(column);
      if (Calls.in(computed) && computed.deterministic()) {
        Expression overKeys = overKeys(computed);
        if (isOverKeys(overKeys)) {
          dependent.put(column.exprId(), overKeys);
        }
      }
    }
  }

  private static Expression computation(NamedExpression column) {
    return column instanceof Alias alias ? alias.child() : (Expression) column;
  }

  /** Replaces each part of an expression that computes a key by the key's column. */
  private Expression overKeys(Expression expression) {
    for (NamedExpression column : columns) {
      Expression key = keys.get(column.exprId());
      if (key != null && key.semanticEquals(expression)) {
        return (Expression) column.toAttribute();
      }
    }
    return (Expression) expression.mapChildren(this::overKeys);
  }

  private boolean isOverKeys(Expression expression) {
    AttributeSet references = expression.references();
    return !references.isEmpty() && references.forall(a -> keys.containsKey(a.exprId()));
  }

  private boolean isDependent(Expression expression) {
    return expression instanceof Attribute a && dependent.containsKey(a.exprId());
  }

  /** Rewrites an output expression of the aggregate to compute it from the keys where possible. */
  private Expression ofGroup(Expression expression) {
    if (isDependent(expression)) {
      changed = true;
      return dependent.get(((Attribute) expression).exprId());
    }
    if (expression instanceof AggregateExpression call) {
      return ofEquals(call);
    }
    return (Expression) expression.mapChildren(this::ofGroup);
  }

  private Expression ofEquals(AggregateExpression call) {
    if (!ONE_OF_EQUALS.contains(call.aggregateFunction().getClass()) || call.filter().isDefined()) {
      return call;
    }
    Expression value = ((Expression) call.aggregateFunction()).children().head();
    Expression ofKeys = inline(value);
    if (!Calls.in(ofKeys) || !ofKeys.deterministic() || !isOverKeys(ofKeys)) {
      return call;
    }
    changed = true;
    return ofKeys;
  }

  private Expression inline(Expression expression) {
    return isDependent(expression)
        ? dependent.get(((Attribute) expression).exprId())
        : (Expression) expression.mapChildren(this::inline);
  }

  private boolean callsInAggregates(Expression expression) {
    return expression.exists(
        e ->
            e instanceof AggregateExpression call
                && call.exists(part -> part instanceof ModelExpression || isDependent(part)));
  }
}
