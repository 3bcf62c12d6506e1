package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.InputFileBlockLength;
import org.apache.spark.sql.catalyst.expressions.InputFileBlockStart;
import org.apache.spark.sql.catalyst.expressions.InputFileName;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.Generate;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Offset;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Repartition;
import org.apache.spark.sql.catalyst.plans.logical.Sample;

/**
 * Evaluates {@code input_file_name()} below the model operator, where the row is read. The operator
 * reads ahead a window of rows, so above it the function would return the file of the row that was
 * read last.
 *
 * <pre>
 *   SELECT input_file_name() AS f, embed(t) AS e FROM docs
 *
 *   Project [input_file_name() AS f, embed(t) AS e]   ──►   Project [file#7 AS f, embed(t) AS e]
 *                                                           +- Project [*, input_file_name() AS file#7]
 * </pre>
 *
 * <p>The rule does not change the number of rows embedded. Without it, rows get wrong file names if
 * their window spans several files.
 */
final class BindInputFileNames {
  private BindInputFileNames() {}

  static LogicalPlan apply(LogicalPlan node) {
    if (node.children().size() != 1 || Calls.isCommand(node)) {
      return node;
    }
    LogicalPlan changed = node;
    for (Expression fileFunction : fileFunctions(node)) {
      LogicalPlan child = changed.children().head();
      Optional<Bound> bound =
          Calls.hasAny(node) || child.exists(Calls::hasAny)
              ? bind(fileFunction, child)
              : Optional.empty();
      if (bound.isPresent()) {
        changed = replaced(changed, fileFunction, bound.get());
      }
    }
    return changed == node ? node : ExtractModelCalls.sameOutput(changed, node.output());
  }

  private static LogicalPlan replaced(LogicalPlan node, Expression fileFunction, Bound bound) {
    LogicalPlan replaced =
        (LogicalPlan)
            node.transformExpressionsUp(
                Scala.everywhere(e -> e.equals(fileFunction) ? bound.column() : e));
    return replaced.withNewChildren(Scala.seq(List.of(bound.plan())));
  }

  private static List<Expression> fileFunctions(LogicalPlan node) {
    List<Expression> fileFunctions = new ArrayList<>();
    for (Expression expression : Scala.list(node.expressions())) {
      expression.foreach(
          e -> {
            boolean isOfFile =
                e instanceof InputFileName
                    || e instanceof InputFileBlockStart
                    || e instanceof InputFileBlockLength;
            if (isOfFile && !fileFunctions.contains(e)) {
              fileFunctions.add(e);
            }
            return null;
          });
    }
    return fileFunctions;
  }

  /** A plan and the column that was added to it. */
  private record Bound(LogicalPlan plan, Attribute column) {}

  /**
   * Adds the column below the calls. Empty if a node in between, such as a shuffle, separates rows
   * from their files.
   */
  private static Optional<Bound> bind(Expression fileFunction, LogicalPlan plan) {
    if (!plan.exists(Calls::hasAny)) {
      Alias alias = Calls.named(fileFunction, "file", NamedExpression.newExprId());
      return Optional.of(new Bound(with(plan.output(), alias, plan), alias.toAttribute()));
    }
    boolean keepsFiles =
        plan instanceof Project
            || plan instanceof Filter
            || plan instanceof Generate
            || plan instanceof Sample
            || plan instanceof LocalLimit
            || plan instanceof GlobalLimit
            || plan instanceof Offset
            || (plan instanceof Repartition coalesce && !coalesce.shuffle());
    if (!keepsFiles) {
      return Optional.empty();
    }
    return bind(fileFunction, plan.children().head())
        .map(
            below -> {
              LogicalPlan passed =
                  plan instanceof Project project
                      ? with(project.projectList(), (NamedExpression) below.column(), below.plan())
                      : plan.withNewChildren(Scala.seq(List.of(below.plan())));
              return new Bound(passed, below.column());
            });
  }

  private static Project with(
      scala.collection.Seq<? extends NamedExpression> columns,
      NamedExpression more,
      LogicalPlan child) {
    List<NamedExpression> all = new ArrayList<>(Scala.list(columns));
    all.add(more);
    return new Project(Scala.seq(all), child);
  }
}
