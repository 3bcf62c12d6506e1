package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import dev.embark.spark.exec.ModelCallStrategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
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
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Repartition;
import org.apache.spark.sql.catalyst.plans.logical.RepartitionByExpression;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import org.apache.spark.sql.catalyst.plans.logical.Window;
import org.apache.spark.sql.catalyst.plans.physical.HashPartitioning;
import org.apache.spark.sql.catalyst.trees.TreeNodeTag;
import org.apache.spark.sql.execution.PlanLater;
import org.apache.spark.sql.execution.ProjectExec;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.exchange.ENSURE_REQUIREMENTS$;
import org.apache.spark.sql.execution.exchange.ShuffleExchangeExec;
import org.apache.spark.sql.execution.joins.BroadcastNestedLoopJoinExec;
import org.apache.spark.sql.execution.joins.CartesianProductExec;
import org.apache.spark.sql.internal.SQLConf;
import scala.Option;

/**
 * Puts a shuffle above embeddings that a physical operator would otherwise compute more than once,
 * because the operator reads its input more than once. The later reads read the shuffle's files.
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
 * <p>The shuffle sends all rows of a partition to the same place. Placement by the rows themselves,
 * as of a round-robin shuffle, would lose and duplicate rows when a task is retried, since a second
 * run of a model may round a vector differently.
 *
 * <p>{@link ModelCallStrategy} asks while Spark plans, since only then is the join's operator
 * known: {@link #markFor} tags the logical plans that are read again, and {@link #shuffle} is
 * called for a tagged plan when Spark comes to it. Adaptive execution plans anew with finished
 * shuffles as leaves, which embed nothing and are not tagged.
 */
public final class MaterializeRereadInputs {
  // The number of partitions of the shuffle.
  private static final TreeNodeTag<Integer> SHUFFLED = new TreeNodeTag<>("embark.shuffled");

  private MaterializeRereadInputs() {}

  /** Tags the child of a node whose ranges are found by reading all rows first. */
  public static void markForRanges(LogicalPlan node) {
    boolean ranges = isRange(node) || (node instanceof Sort sort && sort.global());
    if (ranges) {
      mark(
          node.children().head(),
          SQLConf.get().numShufflePartitions(),
          MaterializeRereadInputs::shuffles);
    }
  }

  /** Tags the sides of a join that the operator chosen for it reads again. */
  public static void markFor(SparkPlan planned) {
    // So that a product has about as many tasks as Spark's own joins.
    int partitions = (int) Math.ceil(Math.sqrt(SQLConf.get().numShufflePartitions()));
    planned.foreach(
        node -> {
          for (SparkPlan input : readAgain(node)) {
            input.foreach(
                leaf -> {
                  if (leaf instanceof PlanLater later) {
                    mark(later.plan(), partitions, MaterializeRereadInputs::alwaysShuffles);
                  }
                  return null;
                });
          }
          return null;
        });
  }

  /** The physical plan of a tagged node, whose own plan is left to Spark; empty for others. */
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
            new ShuffleExchangeExec(
                new HashPartitioning(
                    Scala.<Expression>seq(List.of((Expression) partition.toAttribute())),
                    partitions.get()),
                new ProjectExec(Scala.seq(columns), new PlanLater(node)),
                ENSURE_REQUIREMENTS$.MODULE$,
                Option.empty())));
  }

  /** Whether the node spreads rows by ranges, which it finds by reading all of them first. */
  static boolean isRange(LogicalPlan node) {
    return node instanceof RepartitionByExpression repartition
        && repartition.partitionExpressions().exists(e -> e instanceof SortOrder);
  }

  /** The children that an operator computes more than once. */
  private static List<SparkPlan> readAgain(SparkPlan node) {
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

  private static void mark(
      LogicalPlan plan, int partitions, Predicate<LogicalPlan> isShuffledBefore) {
    if (!embeds(plan, isShuffledBefore)) {
      return;
    }
    LogicalPlan node = plan;
    while (node.children().size() == 1 && !(node instanceof EvalModel) && !shuffles(node)) {
      node = node.children().head();
    }
    if (node instanceof Join join && EvaluateBelowJoin.pairsRows(join)) {
      // Not all the pairs are shuffled, but the embedded rows that they are made of.
      join.children()
          .foreach(
              side -> {
                mark(side, partitions, isShuffledBefore);
                return null;
              });
    } else {
      plan.setTagValue(SHUFFLED, partitions);
    }
  }

  /** Whether reading the plan's rows may embed. */
  private static boolean embeds(LogicalPlan plan, Predicate<LogicalPlan> isShuffledBefore) {
    return plan instanceof EvalModel
        || (!isShuffledBefore.test(plan)
            && plan.children().exists(child -> embeds(child, isShuffledBefore)));
  }

  /** Whether there is a shuffle in the node, unless its rows have the right place already. */
  private static boolean shuffles(LogicalPlan node) {
    return alwaysShuffles(node)
        || node instanceof Aggregate
        || node instanceof Window
        || node instanceof GlobalLimit
        || (node instanceof Sort sort && sort.global());
  }

  private static boolean alwaysShuffles(LogicalPlan node) {
    return node instanceof RepartitionByExpression
        || (node instanceof Repartition repartition && repartition.shuffle());
  }
}
