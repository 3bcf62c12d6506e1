package dev.embark.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.CaseWhen;
import org.apache.spark.sql.catalyst.expressions.Coalesce;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.If;
import org.apache.spark.sql.catalyst.expressions.IsNull;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.Not;
import org.apache.spark.sql.catalyst.expressions.Or;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.types.DataTypes;
import scala.Tuple2;

/**
 * Makes a call that stands only in branches embed only the rows that take them: its text becomes
 * NULL for the others, and NULL is not embedded.
 *
 * <pre>
 *   CASE WHEN c THEN embed(t) END    ──►    CASE WHEN c THEN embed(IF(c, t, NULL)) END
 *   coalesce(e, embed(t))            ──►    coalesce(e, embed(IF(e IS NULL, t, NULL)))
 * </pre>
 *
 * <p>A call that also stands outside every branch stays as it is, so that it is one call.
 */
final class EmbedWhereTaken {
  private static final Expression TRUE = Literal.create(true, DataTypes.BooleanType);
  private static final Expression FALSE = Literal.create(false, DataTypes.BooleanType);

  private EmbedWhereTaken() {}

  static LogicalPlan apply(LogicalPlan node) {
    LogicalPlan guarded = node;
    for (EmbedExpression call : Calls.of(node)) {
      List<Expression> guards = new ArrayList<>();
      for (Expression expression : Scala.list(node.expressions())) {
        collect(expression, call, TRUE, guards);
      }
      boolean always = guards.stream().anyMatch(guard -> guard == TRUE);
      if (!always) {
        Expression guard = guards.stream().reduce(Or::new).orElseThrow();
        Expression text = new If(guard, call.text(), Literal.create(null, call.text().dataType()));
        guarded = withText(guarded, call, text);
      }
    }
    return guarded;
  }

  /** Adds, for each place of the call, the condition under which it is reached. */
  private static void collect(
      Expression expression, EmbedExpression call, Expression reached, List<Expression> guards) {
    if (expression.semanticEquals(call)) {
      guards.add(reached);
      return;
    }
    branches(expression)
        .ifPresentOrElse(
            branches ->
                branches.forEach(
                    branch -> collect(branch.value(), call, and(reached, branch.when()), guards)),
            () ->
                Scala.list(expression.children())
                    .forEach(child -> collect(child, call, reached, guards)));
  }

  /** A part of an expression and the condition under which it is evaluated. */
  private record Branch(Expression value, Expression when) {}

  /** Empty where every part is evaluated always. */
  private static Optional<List<Branch>> branches(Expression expression) {
    List<Branch> branches = new ArrayList<>();
    if (expression instanceof If conditional) {
      branches.add(new Branch(conditional.predicate(), TRUE));
      branches.add(new Branch(conditional.trueValue(), taken(conditional.predicate())));
      branches.add(new Branch(conditional.falseValue(), notTaken(conditional.predicate())));
    } else if (expression instanceof CaseWhen caseWhen) {
      Expression noneBefore = TRUE;
      for (Tuple2<Expression, Expression> when : Scala.list(caseWhen.branches())) {
        branches.add(new Branch(when._1(), noneBefore));
        branches.add(new Branch(when._2(), and(noneBefore, taken(when._1()))));
        noneBefore = and(noneBefore, notTaken(when._1()));
      }
      if (caseWhen.elseValue().isDefined()) {
        branches.add(new Branch(caseWhen.elseValue().get(), noneBefore));
      }
    } else if (expression instanceof Coalesce coalesce) {
      Expression allNull = TRUE;
      for (Expression value : Scala.list(coalesce.children())) {
        branches.add(new Branch(value, allNull));
        allNull = reusable(value) ? and(allNull, new IsNull(value)) : allNull;
      }
    } else {
      return Optional.empty();
    }
    return Optional.of(branches);
  }

  /** True, which is too much but does no harm, where a condition cannot be used a second time. */
  private static Expression taken(Expression condition) {
    return reusable(condition) ? holds(condition) : TRUE;
  }

  private static Expression notTaken(Expression condition) {
    return reusable(condition) ? new Not(holds(condition)) : TRUE;
  }

  private static boolean reusable(Expression condition) {
    return TextsBelow.canMove(condition)
        && !Calls.in(condition)
        && !condition.exists(e -> e instanceof AggregateExpression);
  }

  /** A condition that is NULL is not taken. */
  private static Expression holds(Expression condition) {
    return condition.nullable() ? new Coalesce(Scala.seq(List.of(condition, FALSE))) : condition;
  }

  private static Expression and(Expression left, Expression right) {
    if (left == TRUE) {
      return right;
    }
    return right == TRUE ? left : new And(left, right);
  }

  private static LogicalPlan withText(LogicalPlan node, EmbedExpression call, Expression text) {
    return (LogicalPlan)
        node.transformExpressionsUp(
            Scala.everywhere(e -> call.semanticEquals(e) ? call.withText(text) : e));
  }
}
