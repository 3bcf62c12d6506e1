package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import dev.embark.spark.compat.Shuffles;
import dev.embark.spark.exec.ModelCallStrategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.SortOrder;
import org.apache.spark.sql.catalyst.expressions.SparkPartitionID;
import org.apache.spark.sql.catalyst.optimizer.BuildLeft$;
import org.apache.spark.sql.catalyst.plans.FullOuter$;
import org.apache.spark.sql.catalyst.plans.JoinType;
import org.apache.spark.sql.catalyst.plans.LeftOuter$;
import org.apache.spark.sql.catalyst.plans.RightOuter$;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Repartition;
import org.apache.spark.sql.catalyst.plans.logical.RepartitionByExpression;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import org.apache.spark.sql.catalyst.plans.physical.HashPartitioning;
import org.apache.spark.sql.catalyst.trees.TreeNodeTag;
import org.apache.spark.sql.execution.PlanLater;
import org.apache.spark.sql.execution.ProjectExec;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.joins.BroadcastNestedLoopJoinExec;
import org.apache.spark.sql.execution.joins.CartesianProductExec;
import org.apache.spark.sql.internal.SQLConf;
import scala.Option;

/**
 * Inserts a shuffle above model operators whose parent reads its input more than once, so that each
 * text is evaluated once. Later reads use the shuffle files.
 *
 * <pre>
 *   SELECT cosine_similarity(embed(a.t), embed(b.t)) FROM a CROSS JOIN b    -- neither side broadcast
 *
 *   CartesianProduct               CartesianProduct
 *   :- EvalModel embed(a.t)   ──►  :- Exchange hashpartitioning(partition#5)
 *   +- EvalModel embed(b.t)        :  +- EvalModel embed(a.t)
 *                                  +- Exchange hashpartitioning(partition#6)
 *                                     +- EvalModel embed(b.t)
 * </pre>
 *
 * <table>
 *   <caption>Runs of the model for n texts</caption>
 *   <tr><th>operator</th><th>reads</th><th>with</th><th>without</th></tr>
 *   <tr><td>CartesianProduct</td><td>each side for every partition of the other, p</td>
 *       <td>n</td><td>n × p</td></tr>
 *   <tr><td>BroadcastNestedLoopJoin of an outer join that keeps the rows of the broadcast side</td>
 *       <td>the other side twice</td><td>n</td><td>2 n</td></tr>
 *   <tr><td>global Sort without a limit, repartitioning by range</td>
 *       <td>first to find the ranges</td><td>n</td><td>2 n</td></tr>
 * </table>
 *
 * <p>The shuffle keeps all rows of a partition together. Partitioning by row content, as a
 * round-robin shuffle does, would lose and duplicate rows when a task is retried, since a second
 * run of the model may round a vector differently.
 *
 * <p>{@link ModelCallStrategy} calls this class during physical planning, when the join operator is
 * known: {@link #markFor} tags logical plans that are read more than once, and {@link #shuffle}
 * plans a tagged node when Spark reaches it. Adaptive execution replans with finished shuffles as
 * leaves, which evaluate no model and are not tagged.
 */
public final class MaterializeRereadInputs {
  // Value: number of partitions of the shuffle.
  private static final TreeNodeTag<Integer> SHUFFLED = new TreeNodeTag<>("embark.shuffled");

  private MaterializeRereadInputs() {}

  /** Tags the child of a node that first reads all rows to determine the ranges. */
  public static void markForRanges(LogicalPlan node) {
    if (isRange(node) || (node instanceof Sort sort && sort.global())) {
      mark(node.children().head(), SQLConf.get().numShufflePartitions());
    }
  }

  /** Tags the inputs that a planned join operator reads more than once. */
  public static void markFor(SparkPlan planned) {
    // A cartesian product then has about as many tasks as Spark's own joins.
    int partitions = (int) Math.ceil(Math.sqrt(SQLConf.get().numShufflePartitions()));
    planned.foreach(
        node -> {
          for (SparkPlan input : rereadChildren(node)) {
            input.foreach(
                leaf -> {
                  if (leaf instanceof PlanLater later) {
                    mark(later.plan(), partitions);
                  }
                  return null;
                });
          }
          return null;
        });
  }

  /**
   * Plans the shuffle above a tagged node and leaves the node itself to Spark; empty if the node is
   * not tagged.
   */
  public static Optional<SparkPlan> shuffle(LogicalPlan node) {
    Option<Integer> partitions = node.getTagValue(SHUFFLED);
    if (partitions.isEmpty()) {
      return Optional.empty();
    }
    node.unsetTagValue(SHUFFLED);
    List<NamedExpression> output = new ArrayList<>(Scala.list(node.output()));
    Alias partition = Calls.named(new SparkPartitionID(), "partition", NamedExpression.newExprId());
    List<NamedExpression> columns = new ArrayList<>(output);
    columns.add(partition);
    return Optional.of(
        new ProjectExec(
            Scala.seq(output),
            Shuffles.required(
                new HashPartitioning(
                    Scala.<Expression>seq(List.of((Expression) partition.toAttribute())),
                    partitions.get()),
                new ProjectExec(Scala.seq(columns), new PlanLater(node)))));
  }

  /** Whether the node spreads rows by ranges, which it finds by reading all of them first. */
  static boolean isRange(LogicalPlan node) {
    return node instanceof RepartitionByExpression repartition
        && repartition.partitionExpressions().exists(e -> e instanceof SortOrder);
  }

  /** The children that an operator reads more than once. */
  private static List<SparkPlan> rereadChildren(SparkPlan node) {
    if (node instanceof CartesianProductExec) {
      return Scala.list(node.children());
    }
    if (node instanceof BroadcastNestedLoopJoinExec join) {
      boolean buildsLeft = join.buildSide().equals(BuildLeft$.MODULE$);
      JoinType type = join.joinType();
      boolean keepsBroadcast =
          type.equals(FullOuter$.MODULE$)
              || type.equals(buildsLeft ? LeftOuter$.MODULE$ : RightOuter$.MODULE$);
      return keepsBroadcast ? List.of(buildsLeft ? join.right() : join.left()) : List.of();
    }
    return List.of();
  }

  private static void mark(LogicalPlan plan, int partitions) {
    if (!evaluatesModel(plan)) {
      return;
    }
    LogicalPlan node = plan;
    while (node.children().size() == 1 && !(node instanceof EvalModel)) {
      node = node.children().head();
    }
    if (node instanceof Join join && EvaluateBelowJoin.pairsRows(join)) {
      // Shuffles the two sides rather than all pairs.
      Scala.list(join.children()).forEach(side -> mark(side, partitions));
    } else {
      plan.setTagValue(SHUFFLED, partitions);
    }
  }

  /**
   * Whether reading a plan's rows again may evaluate a model again. Only an explicit repartitioning
   * is known to be a shuffle; an aggregate may find its rows partitioned already.
   */
  private static boolean evaluatesModel(LogicalPlan plan) {
    boolean shuffles =
        plan instanceof RepartitionByExpression
            || (plan instanceof Repartition repartition && repartition.shuffle());
    return plan instanceof EvalModel
        || (!shuffles && plan.children().exists(MaterializeRereadInputs::evaluatesModel));
  }
}
