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
 * Evaluates {@code input_file_name()} below the operator, where the row is read. The operator reads
 * a window of rows ahead; above the operator the function would return the file of the row that was
 * read last.
 *
 * <pre>
 *   SELECT input_file_name() AS f, embed(t) AS e FROM docs
 *
 *   Project [input_file_name() AS f, embed(t) AS e]   ──►   Project [file#7 AS f, embed(t) AS e]
 *                                                           +- Project [*, input_file_name() AS file#7]
 * </pre>
 *
 * <p>The number of rows embedded is the same; without the rule files are wrong for rows of a window
 * that spans several files.
 */
final class BindInputFileNames {
  private BindInputFileNames() {}

  static LogicalPlan apply(LogicalPlan node) {
    if (node.children().size() != 1 || Calls.isCommand(node)) {
      return node;
    }
    LogicalPlan changed = node;
    for (Expression asked : asked(node)) {
      LogicalPlan child = changed.children().head();
      Optional<Answer> answer =
          Calls.hasAny(node) || child.exists(Calls::hasAny)
              ? answer(asked, child)
              : Optional.empty();
      if (answer.isPresent()) {
        changed = replaced(changed, asked, answer.get());
      }
    }
    return changed == node ? node : ExtractModelCalls.sameOutput(changed, node.output());
  }

  private static LogicalPlan replaced(LogicalPlan node, Expression asked, Answer answer) {
    LogicalPlan replaced =
        (LogicalPlan)
            node.transformExpressionsUp(
                Scala.everywhere(e -> e.equals(asked) ? answer.column() : e));
    return replaced.withNewChildren(Scala.seq(List.of(answer.plan())));
  }

  private static List<Expression> asked(LogicalPlan node) {
    List<Expression> asked = new ArrayList<>();
    for (Expression expression : Scala.list(node.expressions())) {
      expression.foreach(
          e -> {
            boolean isOfFile =
                e instanceof InputFileName
                    || e instanceof InputFileBlockStart
                    || e instanceof InputFileBlockLength;
            if (isOfFile && !asked.contains(e)) {
              asked.add(e);
            }
            return null;
          });
    }
    return asked;
  }

  /** A plan with one column more. */
  private record Answer(LogicalPlan plan, Attribute column) {}

  /** Empty if another node is in between, such as a shuffle, after which rows have no file. */
  private static Optional<Answer> answer(Expression asked, LogicalPlan plan) {
    if (!plan.exists(Calls::hasAny)) {
      Alias alias = Calls.named(asked, "file", NamedExpression.newExprId());
      return Optional.of(new Answer(with(plan.output(), alias, plan), alias.toAttribute()));
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
    return answer(asked, plan.children().head())
        .map(
            below -> {
              LogicalPlan passed =
                  plan instanceof Project project
                      ? with(project.projectList(), (NamedExpression) below.column(), below.plan())
                      : plan.withNewChildren(Scala.seq(List.of(below.plan())));
              return new Answer(passed, below.column());
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
