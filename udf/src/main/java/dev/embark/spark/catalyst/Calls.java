package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
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

/**
 * Finds and replaces {@link ModelExpression}s in plans and expressions. Helper of the rules;
 * changes no plan by itself.
 */
public final class Calls {
  private Calls() {}

  /** Whether the node itself has a call; its children are not looked at. */
  static boolean hasAny(LogicalPlan node) {
    return node.expressions().exists(e -> in(e));
  }

  /** Whether there is a call in an expression. */
  static boolean in(Expression expression) {
    return expression.exists(e -> e instanceof ModelExpression);
  }

  /** Whether there is a call in an expression whose text is known to fail for some values. */
  static boolean mayRaiseIn(Expression expression) {
    return expression.exists(
        e -> e instanceof ModelExpression call && ErrorFreeExpressions.mayRaise(call.text()));
  }

  /**
   * The distinct calls of a node that can be computed below it, in the order in which the query has
   * them. Other calls stay where they are and run row by row: a text with a variable of a lambda
   * exists only inside the node, and {@link #canMove} names the rest.
   */
  static List<ModelExpression> of(LogicalPlan node) {
    List<ModelExpression> calls = new ArrayList<>();
    for (Expression expression : Scala.list(node.expressions())) {
      expression.foreach(
          e -> {
            if (e instanceof ModelExpression call
                && !hasFreeVariable(call.text())
                && canMove(call.text())
                && calls.stream().noneMatch(c -> c.semanticEquals(call))) {
              calls.add(call);
            }
            return null;
          });
    }
    return calls;
  }

  /** Those of {@link #of} whose text has no call itself. */
  static List<ModelExpression> innermost(LogicalPlan node) {
    return of(node).stream().filter(call -> !in(call.text())).toList();
  }

  /** Groups calls that are about the same text with the same options. */
  static List<List<ModelExpression>> byText(List<ModelExpression> calls) {
    List<List<ModelExpression>> groups = new ArrayList<>();
    for (ModelExpression call : calls) {
      groups.stream()
          .filter(group -> sameText(group.get(0), call))
          .findFirst()
          .orElseGet(
              () -> {
                List<ModelExpression> group = new ArrayList<>();
                groups.add(group);
                return group;
              })
          .add(call);
    }
    return groups;
  }

  /** The node with each call replaced by its column; its children stay. */
  static LogicalPlan replace(
      LogicalPlan node, List<ModelExpression> calls, List<Attribute> columns) {
    return (LogicalPlan)
        node.transformExpressionsUp(
            Scala.everywhere(
                e -> {
                  for (int i = 0; i < calls.size(); i++) {
                    if (calls.get(i).semanticEquals(e)) {
                      return columns.get(i);
                    }
                  }
                  return e;
                }));
  }

  /**
   * Whether a node does something with expressions that is its own affair. Delta's UPDATE and MERGE
   * make queries of them, whose calls are found then.
   */
  static boolean isCommand(LogicalPlan node) {
    return node instanceof Command;
  }

  /** The node with every call that is left in it as {@link RowByRowEvaluation}. */
  static LogicalPlan oneByOne(LogicalPlan node) {
    if (!hasAny(node) || (isCommand(node) && !isDefaultOfVariable(node))) {
      return node;
    }
    return (LogicalPlan)
        node.transformExpressionsUp(
            Scala.everywhere(
                e -> e instanceof ModelExpression call ? RowByRowEvaluation.of(call) : e));
  }

  /** DECLARE, by name: Spark 3.5, with whose classes Embark is compiled too, has no such node. */
  private static boolean isDefaultOfVariable(LogicalPlan command) {
    return command.nodeName().equals("CreateVariable");
  }

  /**
   * Whether an expression has the same value in any operator that has its columns. An expression
   * such as {@code uuid()} has another value each time, and Spark computes IN and EXISTS only in
   * the operators that it rewrites to joins.
   */
  static boolean canMove(Expression expression) {
    return expression.deterministic()
        && !expression.exists(
            e -> e instanceof SubqueryExpression && !(e instanceof ScalarSubquery));
  }

  static boolean hasFreeVariable(Expression text) {
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

  private static boolean sameText(ModelExpression a, ModelExpression b) {
    return a.options().equals(b.options()) && a.text().semanticEquals(b.text());
  }

  /** Gives an expression a name in a list of columns. */
  static Alias named(Expression expression, String name, ExprId id) {
    return new Alias(
        expression, name, id, Scala.seq(List.of()), Option.<Metadata>empty(), Scala.seq(List.of()));
  }
}
