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
  private final List<NamedExpression> columns; // of the projection below the aggregate
  private final Map<Expression, Attribute> keys = new HashMap<>(); // by computation, canonicalized

  private RemoveDependentKeys(Aggregate aggregate) {
    this.aggregate = aggregate;
    this.columns =
        aggregate.child() instanceof Project project
            ? Scala.list(project.projectList())
            : List.of();
  }

  static LogicalPlan apply(LogicalPlan node) {
    // The checkpoint of a streaming aggregate depends on its keys.
    return node instanceof Aggregate aggregate && !aggregate.isStreaming()
        ? new RemoveDependentKeys(aggregate).rewrite()
        : node;
  }

  private LogicalPlan rewrite() {
    List<Expression> grouping = new ArrayList<>(Scala.list(aggregate.groupingExpressions()));
    for (Expression key : grouping) {
      Expression computed = inlined(key);
      if (key instanceof Attribute column
          && sameWhenEqual(column.dataType())
          && computed.deterministic()
          && !Calls.in(computed)) {
        keys.put(computed.canonicalized(), column);
      }
    }
    grouping.removeIf(key -> key instanceof Attribute && ofKeys(key).isPresent());
    List<NamedExpression> output = new ArrayList<>();
    for (NamedExpression named : Scala.list(aggregate.aggregateExpressions())) {
      Expression rewritten = ofGroup((Expression) named);
      output.add(
          rewritten instanceof NamedExpression same
              ? same
              : Calls.named(rewritten, named.name(), named.exprId()));
    }
    // If a remaining aggregate needs a call below the node anyway, no call is computed above.
    if (output.equals(Scala.list(aggregate.aggregateExpressions()))
        || output.stream().anyMatch(column -> callsInAggregates((Expression) column))) {
      return aggregate;
    }
    LogicalPlan rewritten = DeferModelCalls.withColumns(aggregate, grouping, output);
    if (!(aggregate.child() instanceof Project project)) {
      return rewritten;
    }
    List<NamedExpression> kept = new ArrayList<>(columns);
    kept.removeIf(column -> !rewritten.references().contains(column.toAttribute()));
    return rewritten.withNewChildren(
        Scala.seq(List.of(new Project(Scala.seq(kept), project.child()))));
  }

  /**
   * Whether equal values of a type always have the same text; not so for 0.0 and -0.0, or for
   * strings under a case-insensitive collation.
   */
  private static boolean sameWhenEqual(DataType type) {
    return type.equals(DataTypes.StringType) || type instanceof IntegralType;
  }

  /** Rewrites an output expression of the aggregate to compute it from the keys where possible. */
  private Expression ofGroup(Expression expression) {
    if (expression instanceof Attribute) {
      return ofKeys(expression).orElse(expression);
    }
    if (expression instanceof AggregateExpression call) {
      Expression function = (Expression) call.aggregateFunction();
      return ONE_OF_EQUALS.contains(function.getClass()) && call.filter().isEmpty()
          ? ofKeys(function.children().head()).orElse(call)
          : call;
    }
    return (Expression) expression.mapChildren(this::ofGroup);
  }

  /** The expression over the keys; empty if it has no call or reads other columns. */
  private Optional<Expression> ofKeys(Expression expression) {
    Expression overKeys = overKeys(inlined(expression));
    return Calls.in(overKeys)
            && overKeys.deterministic()
            && !overKeys.references().isEmpty()
            && overKeys.references().forall(column -> keys.containsValue(column))
        ? Optional.of(overKeys)
        : Optional.empty();
  }

  /** Replaces each part of an expression that computes a key by the key's column. */
  private Expression overKeys(Expression expression) {
    Attribute key = keys.get(expression.canonicalized());
    return key != null ? key : (Expression) expression.mapChildren(this::overKeys);
  }

  /** Replaces columns of the projection below by what they compute. */
  private Expression inlined(Expression expression) {
    for (NamedExpression column : columns) {
      if (column instanceof Alias alias && alias.toAttribute().semanticEquals(expression)) {
        return alias.child();
      }
    }
    return (Expression) expression.mapChildren(this::inlined);
  }

  private boolean callsInAggregates(Expression expression) {
    return expression.exists(e -> e instanceof AggregateExpression call && Calls.in(inlined(call)));
  }
}
