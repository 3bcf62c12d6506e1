package dev.embark.spark;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.EqualNullSafe;
import org.apache.spark.sql.catalyst.expressions.EqualTo;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.InnerLike;
import org.apache.spark.sql.catalyst.plans.JoinType;
import org.apache.spark.sql.catalyst.plans.LeftAnti$;
import org.apache.spark.sql.catalyst.plans.LeftOuter$;
import org.apache.spark.sql.catalyst.plans.LeftSemi$;
import org.apache.spark.sql.catalyst.plans.RightOuter$;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;

/**
 * Drops a condition with a call from one side of a join if the other side has it, too, and the two
 * texts are equal in all rows that the join makes. Spark infers such conditions, so as to have
 * fewer rows to join; embedding all of a table for that costs more.
 *
 * <pre>
 *   Join d.body = e.body                  Join d.body = e.body
 *   :- Filter embed(d.body)[0] > 0   ──►  :- Filter embed(d.body)[0] > 0
 *   +- Filter embed(e.body)[0] > 0        +- e
 * </pre>
 *
 * <p>Of the two, the one that the query was written with stays, as far as that can be told.
 */
final class ImpliedConditions {
  private final LogicalPlan plan;

  private ImpliedConditions(LogicalPlan plan) {
    this.plan = plan;
  }

  static LogicalPlan apply(LogicalPlan plan) {
    return plan.transformUp(
        Scala.everywhere(
            node -> node instanceof Join join ? new ImpliedConditions(plan).without(join) : node));
  }

  private LogicalPlan without(Join join) {
    if (join.condition().isEmpty()) {
      return join;
    }
    // One side only: afterwards nothing implies what is left.
    boolean leftFirst = !isWritten(join.left()) && isWritten(join.right());
    LogicalPlan changed = without(join, leftFirst ? 0 : 1);
    return changed == join ? without(join, leftFirst ? 1 : 0) : changed;
  }

  /** Whether rows of a side matter only by those of the other side that they meet. */
  private static boolean isDroppable(JoinType type, int side) {
    boolean isBoth = type instanceof InnerLike || type.equals(LeftSemi$.MODULE$);
    return isBoth
        || (side == 0
            ? type.equals(RightOuter$.MODULE$)
            : type.equals(LeftOuter$.MODULE$) || type.equals(LeftAnti$.MODULE$));
  }

  private LogicalPlan without(Join join, int side) {
    LogicalPlan rows = join.children().apply(side);
    List<Expression> here = conditions(rows);
    if (here.isEmpty() || !isDroppable(join.joinType(), side)) {
      return join;
    }
    List<Expression> known = ExtractEmbeddings.conjuncts(join.condition().get());
    known.addAll(Scala.list(join.children().apply(1 - side).constraints()));
    Map<ExprId, Attribute> equal = equalities(known);
    List<Expression> implied = new ArrayList<>();
    for (Expression condition : here) {
      if (isOneOf(condition, known, equal)) {
        implied.add(condition);
      }
    }
    implied.removeIf(condition -> isAskedElsewhere(condition, implied));
    // What is left may fail for rows that were dropped before.
    List<Expression> left = ExtractEmbeddings.conjuncts(join.condition().get());
    left.addAll(here);
    boolean isSafe =
        left.stream().allMatch(part -> SafeForAnyRow.is(part) || isOneOf(part, implied, equal));
    if (implied.isEmpty() || !isSafe) {
      return join;
    }
    List<LogicalPlan> children = Scala.list(join.children());
    children.set(side, without(rows, implied));
    return join.withNewChildren(Scala.seq(children));
  }

  /**
   * The conditions with a call on the way from the join to the first node that is more than a
   * choice of rows and columns. What else filters beside them is computed before them anyway; what
   * filters above them may fail for rows that they would have dropped.
   */
  private static List<Expression> conditions(LogicalPlan rows) {
    List<Expression> conditions = new ArrayList<>();
    LogicalPlan node = rows;
    while (node instanceof Filter || ExtractEmbeddings.choosesColumns(node)) {
      if (node instanceof Filter filter) {
        List<Expression> parts = ExtractEmbeddings.conjuncts(filter.condition());
        if (!filter.condition().deterministic()) {
          return conditions;
        }
        parts.stream().filter(Calls::in).forEach(conditions::add);
        if (!parts.stream().allMatch(part -> Calls.in(part) || SafeForAnyRow.is(part))) {
          return conditions;
        }
      }
      node = node.children().head();
    }
    return conditions;
  }

  private static LogicalPlan without(LogicalPlan node, List<Expression> dropped) {
    if (node instanceof Filter filter) {
      List<Expression> kept = ExtractEmbeddings.conjuncts(filter.condition());
      kept.removeIf(dropped::contains);
      LogicalPlan child = without(filter.child(), dropped);
      return kept.isEmpty() ? child : new Filter(ExtractEmbeddings.and(kept), child);
    }
    return ExtractEmbeddings.choosesColumns(node)
        ? node.withNewChildren(Scala.seq(List.of(without(node.children().head(), dropped))))
        : node;
  }

  /** Whether its calls are computed anyway, so that the condition costs nothing. */
  private boolean isAskedElsewhere(Expression condition, List<Expression> dropped) {
    return condition.exists(
        part ->
            part instanceof EmbedExpression call
                && plan.exists(
                    node ->
                        node.expressions().exists(e -> isAsked(call, (Expression) e, dropped))));
  }

  private static boolean isAsked(
      EmbedExpression call, Expression expression, List<Expression> dropped) {
    return ExtractEmbeddings.conjuncts(expression).stream()
        .anyMatch(part -> !dropped.contains(part) && part.exists(e -> e.semanticEquals(call)));
  }

  /** For each attribute that equals others, one that stands for all of them. */
  private static Map<ExprId, Attribute> equalities(List<Expression> known) {
    Map<ExprId, Attribute> equal = new HashMap<>();
    for (Expression condition : known) {
      boolean isEquality = condition instanceof EqualTo || condition instanceof EqualNullSafe;
      if (isEquality
          && condition.children().apply(0) instanceof Attribute left
          && condition.children().apply(1) instanceof Attribute right
          && DependentKeys.sameWhenEqual(left.dataType())
          && left.dataType().equals(right.dataType())) {
        Attribute from = equal.getOrDefault(left.exprId(), left);
        Attribute to = equal.getOrDefault(right.exprId(), right);
        equal.replaceAll((id, attribute) -> attribute.semanticEquals(from) ? to : attribute);
        equal.put(left.exprId(), to);
        equal.put(right.exprId(), to);
      }
    }
    return equal;
  }

  private static boolean isOneOf(
      Expression condition, List<Expression> known, Map<ExprId, Attribute> equal) {
    Expression renamed = renamed(condition, equal);
    return known.stream()
        .anyMatch(other -> Calls.in(other) && renamed(other, equal).semanticEquals(renamed));
  }

  private static Expression renamed(Expression expression, Map<ExprId, Attribute> equal) {
    return (Expression)
        expression.transformUp(
            Scala.everywhere(
                e -> e instanceof Attribute a ? equal.getOrDefault(a.exprId(), a) : e));
  }

  private static boolean isWritten(LogicalPlan rows) {
    return conditions(rows).stream()
        .anyMatch(c -> !c.exists(e -> e instanceof EmbedExpression call && !call.isAsWritten()));
  }
}
