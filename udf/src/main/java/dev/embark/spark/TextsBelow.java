package dev.embark.spark;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.ScalarSubquery;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;

/**
 * Has a text computed in a projection below, where it can be computed only there: one that is
 * another each time, or that asks IN or EXISTS, which Spark rewrites in its own operators alone.
 *
 * <pre>
 *   Project [embed(uuid()) AS e]   ──►   Project [embed(text#7) AS e]
 *                                        +- Project [*, uuid() AS text#7]
 * </pre>
 */
final class TextsBelow {
  private TextsBelow() {}

  static LogicalPlan apply(LogicalPlan node) {
    if (node.children().size() != 1 || Calls.isCommand(node)) {
      return node;
    }
    LogicalPlan child = node.children().head();
    List<NamedExpression> columns = new ArrayList<>(Scala.list(child.output()));
    int own = columns.size();
    LogicalPlan changed =
        (LogicalPlan)
            node.transformExpressionsUp(
                Scala.everywhere(
                    e ->
                        e instanceof EmbedExpression call && isToCompute(call, child)
                            ? call.withText(column(call.text(), columns, own))
                            : e));
    return columns.size() == own
        ? node
        : ExtractEmbeddings.sameOutput(
            changed.withNewChildren(Scala.seq(List.of(new Project(Scala.seq(columns), child)))),
            node.output());
  }

  private static boolean isToCompute(EmbedExpression call, LogicalPlan child) {
    return !canMove(call.text())
        && !Calls.hasFreeVariable(call.text())
        && call.text().references().subsetOf(child.outputSet());
  }

  /** Whether an expression is the same in any operator that has its columns. */
  static boolean canMove(Expression expression) {
    return expression.deterministic()
        && !expression.exists(
            e -> e instanceof SubqueryExpression && !(e instanceof ScalarSubquery));
  }

  /** The column of a text, which is added where no other is the same. */
  private static Expression column(Expression text, List<NamedExpression> columns, int own) {
    for (NamedExpression column : columns.subList(own, columns.size())) {
      if (((Alias) column).child().semanticEquals(text)) {
        return (Expression) column.toAttribute();
      }
    }
    Alias alias = Calls.named(text, "text", NamedExpression.newExprId());
    columns.add(alias);
    return alias.toAttribute();
  }
}
