package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.LambdaFunction;
import org.apache.spark.sql.catalyst.expressions.NamedLambdaVariable;
import org.apache.spark.sql.catalyst.expressions.ScalarSubquery;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.plans.logical.Command;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.types.Metadata;
import scala.Option;

/** Utility methods that find and replace {@link ModelExpression}s in plans and expressions. */
public final class Calls {
  private Calls() {}

  /** Whether an expression of the node contains a call; its children are not inspected. */
  static boolean hasAny(LogicalPlan node) {
    return node.expressions().exists(e -> in(e));
  }

  /** Whether an expression contains a call. */
  static boolean in(Expression expression) {
    return expression.exists(e -> e instanceof ModelExpression);
  }

  /**
   * The distinct calls of a node that can be computed below it, in the order of the query. All
   * other calls stay in the node and run row by row.
   */
  static List<ModelExpression> of(LogicalPlan node) {
    List<ModelExpression> calls = new ArrayList<>();
    for (Expression expression : Scala.list(node.expressions())) {
      expression.foreach(
          e -> {
            if (e instanceof ModelExpression call
                && canMove(call.text())
                && calls.stream().noneMatch(c -> c.semanticEquals(call))) {
              calls.add(call);
            }
            return null;
          });
    }
    return calls;
  }

  /** The calls of {@link #of} whose text contains no call. */
  static List<ModelExpression> innermost(LogicalPlan node) {
    return of(node).stream().filter(call -> !in(call.text())).toList();
  }

  /** Groups calls with equal text and options. */
  static Collection<List<ModelExpression>> byText(List<ModelExpression> calls) {
    return calls.stream()
        .collect(
            Collectors.groupingBy(
                call -> List.of(call.options(), call.text().canonicalized()),
                LinkedHashMap::new,
                Collectors.toList()))
        .values();
  }

  /** Replaces a call in all expressions of a node; the children are unchanged. */
  static LogicalPlan replace(LogicalPlan node, ModelExpression call, Expression by) {
    return (LogicalPlan)
        node.transformExpressionsUp(Scala.everywhere(e -> call.semanticEquals(e) ? by : e));
  }

  /**
   * Whether a node is a command, whose expressions are not rewritten. Delta plans UPDATE and MERGE
   * as queries of their own, and the rule finds the calls there.
   */
  static boolean isCommand(LogicalPlan node) {
    return node instanceof Command;
  }

  /** Replaces every remaining call of a node by {@link RowByRowEvaluation}. */
  static LogicalPlan oneByOne(LogicalPlan node) {
    if (!hasAny(node) || (isCommand(node) && !isDefaultOfVariable(node))) {
      return node;
    }
    return (LogicalPlan)
        node.transformExpressionsUp(
            Scala.everywhere(
                e -> e instanceof ModelExpression call ? RowByRowEvaluation.of(call) : e));
  }

  /**
   * Whether a command is DECLARE VARIABLE, compared by name because Spark 3.5 has no such class.
   */
  private static boolean isDefaultOfVariable(LogicalPlan command) {
    return command.nodeName().equals("CreateVariable");
  }

  /**
   * Whether an expression has the same value in every operator that has its columns. {@code uuid()}
   * has a new value for each evaluation, Spark evaluates IN and EXISTS only in operators that it
   * rewrites to joins, and a lambda variable is defined only inside its operator.
   */
  static boolean canMove(Expression expression) {
    return expression.deterministic()
        && !hasFreeVariable(expression)
        && !expression.exists(
            e -> e instanceof SubqueryExpression && !(e instanceof ScalarSubquery));
  }

  private static boolean hasFreeVariable(Expression text) {
    Set<ExprId> used = new HashSet<>();
    Set<ExprId> bound = new HashSet<>();
    text.foreach(
        e -> {
          if (e instanceof NamedLambdaVariable variable) {
            used.add(variable.exprId());
          } else if (e instanceof LambdaFunction lambda) {
            Scala.list(lambda.arguments()).forEach(argument -> bound.add(argument.exprId()));
          }
          return null;
        });
    return !bound.containsAll(used);
  }

  /** Wraps an expression in an alias. */
  static Alias named(Expression expression, String name, ExprId id) {
    return new Alias(
        expression, name, id, Scala.seq(List.of()), Option.<Metadata>empty(), Scala.seq(List.of()));
  }
}
