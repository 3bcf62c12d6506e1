package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.catalyst.expressions.Alias;
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
  private static final Set<Class<?>> FILE_FUNCTIONS =
      Set.of(InputFileName.class, InputFileBlockStart.class, InputFileBlockLength.class);

  // Other nodes, such as a shuffle, separate rows from their files.
  private static final Set<Class<?>> KEEPS_FILES =
      Set.of(
          Project.class,
          Filter.class,
          Generate.class,
          Sample.class,
          LocalLimit.class,
          GlobalLimit.class,
          Offset.class);

  private BindInputFileNames() {}

  static LogicalPlan apply(LogicalPlan node) {
    if (node.children().size() != 1 || Calls.isCommand(node) || !node.exists(Calls::hasAny)) {
      return node;
    }
    List<NamedExpression> bound = new ArrayList<>();
    LogicalPlan changed =
        (LogicalPlan)
            node.transformExpressionsUp(
                Scala.everywhere(
                    e -> {
                      if (!FILE_FUNCTIONS.contains(e.getClass())) {
                        return e;
                      }
                      Alias alias = Calls.named(e, "file", NamedExpression.newExprId());
                      bound.add(alias);
                      return (Expression) alias.toAttribute();
                    }));
    return bound.isEmpty()
        ? node
        : bind(bound, node.children().head())
            .map(child -> changed.withNewChildren(Scala.seq(List.of(child))))
            .map(replaced -> ExtractModelCalls.sameOutput(replaced, node.output()))
            .orElse(node);
  }

  /** Adds columns below the calls; empty if a node in between does not keep files. */
  private static Optional<LogicalPlan> bind(List<NamedExpression> columns, LogicalPlan plan) {
    if (!plan.exists(Calls::hasAny)) {
      return Optional.of(with(plan.output(), columns, plan));
    }
    boolean keepsFiles =
        KEEPS_FILES.contains(plan.getClass())
            || (plan instanceof Repartition coalesce && !coalesce.shuffle());
    return keepsFiles
        ? bind(columns, plan.children().head())
            .map(
                child ->
                    plan instanceof Project project
                        ? with(
                            project.projectList(),
                            columns.stream().map(c -> (NamedExpression) c.toAttribute()).toList(),
                            child)
                        : plan.withNewChildren(Scala.seq(List.of(child))))
        : Optional.empty();
  }

  private static LogicalPlan with(
      scala.collection.Seq<? extends NamedExpression> columns,
      List<NamedExpression> more,
      LogicalPlan child) {
    List<NamedExpression> all = new ArrayList<>(Scala.list(columns));
    all.addAll(more);
    return new Project(Scala.seq(all), child);
  }
}
