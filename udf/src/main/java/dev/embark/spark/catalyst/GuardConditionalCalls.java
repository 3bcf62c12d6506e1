package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.CaseWhen;
import org.apache.spark.sql.catalyst.expressions.Coalesce;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.If;
import org.apache.spark.sql.catalyst.expressions.IsNull;
import org.apache.spark.sql.catalyst.expressions.LambdaFunction;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.Not;
import org.apache.spark.sql.catalyst.expressions.Or;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.MergeRows;
import org.apache.spark.sql.types.DataTypes;
import scala.Tuple2;

/**
 * Guards a call that appears only in conditional branches, so that only rows reaching a branch are
 * embedded. For all other rows the text is replaced by NULL, which is never embedded.
 *
 * <pre>
 *   SELECT CASE WHEN id &lt; 4 THEN embed(t) END FROM docs      -- 20 rows
 *
 *   CASE WHEN c THEN embed(t) END    ──►    CASE WHEN c THEN embed(IF(c, t, NULL)) END
 *   coalesce(e, embed(t))            ──►    coalesce(e, embed(IF(e IS NULL, t, NULL)))
 *   WHEN MATCHED AND c THEN …        ──►    as CASE, for rows of both tables of a MERGE
 * </pre>
 *
 * <p>Rows embedded in that query: 4 with the rule, 20 without. {@code coalesce(e, embed(t))}, which
 * fills in the vectors that are missing, embeds only the rows where {@code e} is NULL.
 *
 * <p>A call that also appears outside every branch is left unchanged, so that it remains one call.
 * A call whose text may raise an error is evaluated row by row ({@link RowByRowEvaluation}) if the
 * condition under which the call is reached is not known exactly.
 */
final class GuardConditionalCalls {
  private static final Expression TRUE = Literal.create(true, DataTypes.BooleanType);
  private static final Expression FALSE = Literal.create(false, DataTypes.BooleanType);

  // Upper bound on the size of a guard expression. A guard over about 20 branches excludes few
  // rows; with 400 branches planning took four minutes.
  private static final int MAX_NODES = 1000;

  private GuardConditionalCalls() {}

  static LogicalPlan apply(LogicalPlan node) {
    LogicalPlan guarded = node;
    // Outer calls first: guarding an inner call changes the text by which an outer call is found.
    List<ModelExpression> calls = new ArrayList<>(Calls.of(node));
    calls.sort(Comparator.comparingInt(call -> -size(call)));
    for (ModelExpression call : calls) {
      List<Occurrence> occurrences = new ArrayList<>();
      for (Branch part : parts(node)) {
        collect(part, call, TRUE, occurrences);
      }
      boolean always =
          occurrences.stream()
              .anyMatch(occurrence -> occurrence.reached() == TRUE && occurrence.exact());
      if (always) {
        continue;
      }
      if (ErrorFreeExpressions.mayRaise(call.text())
          && occurrences.stream().anyMatch(p -> !p.exact())) {
        guarded = replaced(guarded, call, RowByRowEvaluation.of(call));
        continue;
      }
      Expression guard =
          occurrences.stream().map(Occurrence::reached).reduce(Or::new).orElseThrow();
      boolean guards = occurrences.stream().noneMatch(occurrence -> occurrence.reached() == TRUE);
      if (guards && (size(guard) <= MAX_NODES || ErrorFreeExpressions.mayRaise(call.text()))) {
        Expression text = new If(guard, call.text(), Literal.create(null, call.text().dataType()));
        guarded = replaced(guarded, call, call.withText(text));
      }
    }
    return guarded;
  }

  /**
   * One occurrence of a call in an expression tree.
   *
   * @param reached the condition under which the call is evaluated
   * @param exact false if the call is evaluated for only some of the rows that meet the condition
   */
  private record Occurrence(Expression reached, boolean exact) {}

  private static void collect(
      Branch branch, ModelExpression call, Expression reached, List<Occurrence> occurrences) {
    collect(
        branch.value(),
        call,
        new Occurrence(and(reached, branch.when()), branch.isExact()),
        occurrences);
  }

  private static void collect(
      Expression expression,
      ModelExpression call,
      Occurrence occurrence,
      List<Occurrence> occurrences) {
    if (expression.semanticEquals(call)) {
      occurrences.add(occurrence);
      return;
    }
    Optional<List<Branch>> branches = branches(expression, occurrence.exact());
    if (branches.isEmpty()) {
      for (Expression child : Scala.list(expression.children())) {
        collect(child, call, occurrence, occurrences);
      }
      return;
    }
    for (Branch branch : branches.get()) {
      collect(branch, call, occurrence.reached(), occurrences);
    }
  }

  /**
   * A part of an expression and the condition under which it is evaluated.
   *
   * @param isExact false if the part is evaluated for only some of the rows that meet the
   *     condition. For the other rows, a condition nested in the part may raise an error, such as a
   *     division by zero, so only {@link ErrorFreeExpressions} may be evaluated in a guard
   */
  private record Branch(Expression value, Expression when, boolean isExact) {}

  private static List<Branch> parts(LogicalPlan node) {
    Branches parts = new Branches(TRUE, true);
    if (node instanceof MergeRows merge) {
      Expression source = merge.isSourceRowPresent();
      Expression target = merge.isTargetRowPresent();
      parts.addForRest(source);
      parts.addForRest(target);
      parts.addFirstOf(and(source, target), Scala.list(merge.matchedInstructions()));
      parts.addFirstOf(and(source, new Not(target)), Scala.list(merge.notMatchedInstructions()));
      parts.addFirstOf(
          and(target, new Not(source)), Scala.list(merge.notMatchedBySourceInstructions()));
    } else {
      Scala.list(node.expressions()).forEach(parts::addForRest);
    }
    return parts.all;
  }

  /** The branches of an expression; empty if it evaluates all its children unconditionally. */
  private static Optional<List<Branch>> branches(Expression expression, boolean isExact) {
    Branches branches = new Branches(TRUE, isExact);
    if (expression instanceof If conditional) {
      branches.addForRest(conditional.predicate());
      branches.addWhere(conditional.predicate(), conditional.trueValue());
      branches.addForRest(conditional.falseValue());
    } else if (expression instanceof CaseWhen caseWhen) {
      for (Tuple2<Expression, Expression> when : Scala.list(caseWhen.branches())) {
        branches.addForRest(when._1());
        branches.addWhere(when._1(), when._2());
      }
      if (caseWhen.elseValue().isDefined()) {
        branches.addForRest(caseWhen.elseValue().get());
      }
    } else if (expression instanceof Coalesce coalesce) {
      for (Expression value : Scala.list(coalesce.children())) {
        branches.addForRest(value);
        branches.keep(value, new IsNull(value));
      }
    } else if (expression instanceof AggregateExpression aggregate
        && aggregate.filter().isDefined()) {
      branches.addForRest(aggregate.filter().get());
      branches.addWhere(aggregate.filter().get(), aggregate.aggregateFunction());
    } else if (expression instanceof And || expression instanceof Or) {
      Expression left = expression.children().apply(0);
      branches.addForRest(left);
      // A guard would make the text differ from equal texts elsewhere in the query, which would
      // then be embedded twice. Only texts that may raise an error need one.
      if (Calls.mayRaiseIn(expression.children().apply(1))) {
        branches.keep(left, expression instanceof And ? unlessFalse(left) : new Not(holds(left)));
      } else {
        branches.isExact = false;
      }
      branches.addForRest(expression.children().apply(1));
    } else if (expression instanceof LambdaFunction lambda) {
      branches.isExact = false;
      branches.addForRest(lambda.function());
    } else {
      return Optional.empty();
    }
    return Optional.of(branches.all);
  }

  /** Collects the branches of an expression in evaluation order. */
  private static final class Branches {
    private final List<Branch> all = new ArrayList<>();
    private Expression left;
    private boolean isExact;

    Branches(Expression reached, boolean isExact) {
      left = reached;
      this.isExact = isExact;
    }

    /** Adds a value that is evaluated for all remaining rows. */
    void addForRest(Expression value) {
      all.add(new Branch(value, left, isExact));
    }

    /**
     * Adds values that are evaluated for the remaining rows that meet a condition, as far as the
     * condition can be evaluated twice.
     */
    void addWhere(Expression condition, Expression... values) {
      Expression reached = left;
      boolean isExactThere = isExact;
      for (Expression part : ExtractModelCalls.conjuncts(condition)) {
        if (isUsable(part, isExactThere)) {
          reached = and(reached, holds(part));
        }
        isExactThere &= reusable(part);
      }
      for (Expression value : values) {
        all.add(new Branch(value, reached, isExactThere));
      }
      keep(condition, new Not(holds(condition)));
    }

    /** Adds the clauses of a MERGE; the first clause whose condition holds determines the row. */
    void addFirstOf(Expression reached, List<MergeRows.Instruction> clauses) {
      Branches tried = new Branches(reached, isExact);
      for (MergeRows.Instruction clause : clauses) {
        tried.addForRest(clause.condition());
        List<Expression> values = new ArrayList<>();
        Scala.list(clause.outputs()).forEach(row -> values.addAll(Scala.list(row)));
        tried.addWhere(clause.condition(), values.toArray(new Expression[0]));
      }
      all.addAll(tried.all);
    }

    /**
     * Restricts the remaining rows to those for which {@code rest} holds, if {@code part} can be
     * evaluated twice.
     */
    void keep(Expression part, Expression rest) {
      left = isUsable(part, isExact) ? and(left, rest) : left;
      isExact &= reusable(part);
    }

    /** Whether a condition can be evaluated a second time, for every remaining row. */
    private static boolean isUsable(Expression condition, boolean isExact) {
      return reusable(condition) && (isExact || ErrorFreeExpressions.is(condition));
    }
  }

  private static boolean reusable(Expression condition) {
    return Calls.canMove(condition)
        && !Calls.hasFreeVariable(condition)
        && !Calls.in(condition)
        && !condition.exists(e -> e instanceof AggregateExpression);
  }

  private static int size(Expression expression) {
    int size = 1;
    for (Expression child : Scala.list(expression.children())) {
      size += size(child);
    }
    return size;
  }

  /** Short-circuit evaluation of AND reaches the right side if the left side is true or NULL. */
  private static Expression unlessFalse(Expression condition) {
    return condition.nullable() ? new Coalesce(Scala.seq(List.of(condition, TRUE))) : condition;
  }

  /** A branch whose condition is NULL is not taken. */
  private static Expression holds(Expression condition) {
    return condition.nullable() ? new Coalesce(Scala.seq(List.of(condition, FALSE))) : condition;
  }

  private static Expression and(Expression left, Expression right) {
    if (left == TRUE) {
      return right;
    }
    // With And, Spark may evaluate a common subexpression of the right side before the left side
    // excludes the row.
    return right == TRUE ? left : new If(left, right, FALSE);
  }

  private static LogicalPlan replaced(LogicalPlan node, ModelExpression call, Expression by) {
    return (LogicalPlan)
        node.transformExpressionsUp(Scala.everywhere(e -> call.semanticEquals(e) ? by : e));
  }
}
