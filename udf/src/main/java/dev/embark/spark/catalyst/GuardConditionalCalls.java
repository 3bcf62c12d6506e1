package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
 * <p>A guard ends before the first condition that cannot be evaluated twice, such as {@code uuid()
 * > ''} or a condition over another call. A call that also appears outside every branch is left
 * unchanged, so that it remains one call. A call whose text may raise an error is evaluated row by
 * row ({@link RowByRowEvaluation}) if the guard is not the exact condition of the call.
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
      List<Branch> occurrences = new ArrayList<>();
      partsOf(node).forEach(part -> collect(part, call, occurrences));
      if (occurrences.stream().anyMatch(branch -> branch.when() == TRUE && branch.isExact())) {
        continue;
      }
      boolean mayRaise = ErrorFreeExpressions.mayRaise(call.text());
      if (mayRaise && !occurrences.stream().allMatch(Branch::isExact)) {
        guarded = Calls.replace(guarded, call, RowByRowEvaluation.of(call));
        continue;
      }
      Expression guard = occurrences.stream().map(Branch::when).reduce(Or::new).orElseThrow();
      boolean guards = occurrences.stream().noneMatch(branch -> branch.when() == TRUE);
      if (guards && (mayRaise || size(guard) <= MAX_NODES)) {
        Expression text = new If(guard, call.text(), Literal.create(null, call.text().dataType()));
        guarded = Calls.replace(guarded, call, call.withText(text));
      }
    }
    return guarded;
  }

  /**
   * A part of an expression tree and the condition under which it is evaluated.
   *
   * @param isExact false if the part is evaluated for only some of the rows that meet the condition
   */
  private record Branch(Expression value, Expression when, boolean isExact) {}

  /** Collects the branches whose value is the call. */
  private static void collect(Branch branch, ModelExpression call, List<Branch> occurrences) {
    if (branch.value().semanticEquals(call)) {
      occurrences.add(branch);
    } else {
      partsOf(branch).forEach(part -> collect(part, call, occurrences));
    }
  }

  private static List<Branch> partsOf(LogicalPlan node) {
    Branches parts = new Branches(TRUE, true);
    if (node instanceof MergeRows merge) {
      Expression source = merge.isSourceRowPresent();
      Expression target = merge.isTargetRowPresent();
      parts.add(source);
      parts.add(target);
      parts.addFirstOf(and(source, target), Scala.list(merge.matchedInstructions()));
      parts.addFirstOf(and(source, new Not(target)), Scala.list(merge.notMatchedInstructions()));
      parts.addFirstOf(
          and(target, new Not(source)), Scala.list(merge.notMatchedBySourceInstructions()));
    } else {
      Scala.list(node.expressions()).forEach(parts::add);
    }
    return parts.all;
  }

  private static List<Branch> partsOf(Branch branch) {
    Branches parts = new Branches(branch.when(), branch.isExact());
    Expression value = branch.value();
    if (value instanceof If conditional) {
      parts.addWhere(conditional.predicate(), List.of(conditional.trueValue()));
      parts.add(conditional.falseValue());
    } else if (value instanceof CaseWhen caseWhen) {
      for (Tuple2<Expression, Expression> when : Scala.list(caseWhen.branches())) {
        parts.addWhere(when._1(), List.of(when._2()));
      }
      Scala.list(caseWhen.elseValue().toList()).forEach(parts::add);
    } else if (value instanceof Coalesce) {
      for (Expression child : Scala.list(value.children())) {
        parts.add(child);
        parts.keep(child, new IsNull(child));
      }
    } else if (value instanceof AggregateExpression aggregate && aggregate.filter().isDefined()) {
      parts.addWhere(aggregate.filter().get(), List.of((Expression) aggregate.aggregateFunction()));
    } else if (value instanceof And || value instanceof Or) {
      // A guard by the left side would make the text differ from equal texts elsewhere in the
      // query, which would then be embedded twice.
      parts.add(value.children().head());
      parts.isExact = false;
      parts.add(value.children().last());
    } else {
      parts.isExact &= !(value instanceof LambdaFunction);
      Scala.list(value.children()).forEach(parts::add);
    }
    return parts.all;
  }

  /** Collects the branches of an expression in evaluation order. */
  private static final class Branches {
    private final List<Branch> all = new ArrayList<>();
    private Expression left; // condition of the rows that no branch has taken
    private boolean isExact;

    Branches(Expression when, boolean isExact) {
      left = when;
      this.isExact = isExact;
    }

    /** Adds a value that is evaluated for all remaining rows. */
    void add(Expression value) {
      all.add(new Branch(value, left, isExact));
    }

    /** Adds a condition and the values that are evaluated for the remaining rows that meet it. */
    void addWhere(Expression condition, List<Expression> values) {
      add(condition);
      Branches taken = new Branches(left, isExact);
      for (Expression part : ExtractModelCalls.conjuncts(condition)) {
        taken.keep(part, holds(part));
      }
      values.forEach(taken::add);
      all.addAll(taken.all);
      keep(condition, new Not(holds(condition)));
    }

    /** Adds the clauses of a MERGE; the first clause whose condition holds determines the row. */
    void addFirstOf(Expression when, List<MergeRows.Instruction> clauses) {
      Branches tried = new Branches(when, isExact);
      for (MergeRows.Instruction clause : clauses) {
        List<Expression> values = new ArrayList<>();
        Scala.list(clause.outputs()).forEach(row -> values.addAll(Scala.list(row)));
        tried.addWhere(clause.condition(), values);
      }
      all.addAll(tried.all);
    }

    /** Restricts the remaining rows to those for which {@code rest}, a condition on part, holds. */
    void keep(Expression part, Expression rest) {
      isExact &=
          Calls.canMove(part)
              && !Calls.in(part)
              && !part.exists(e -> e instanceof AggregateExpression);
      left = isExact ? and(left, rest) : left;
    }
  }

  private static int size(Expression expression) {
    int size = 1;
    for (Expression child : Scala.list(expression.children())) {
      size += size(child);
    }
    return size;
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
}
