package dev.embark.spark;

import java.util.List;
import org.apache.spark.sql.catalyst.expressions.SortOrder;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Offset;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Repartition;
import org.apache.spark.sql.catalyst.plans.logical.RepartitionByExpression;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import org.apache.spark.sql.catalyst.plans.logical.Window;
import org.apache.spark.sql.internal.SQLConf;

/**
 * Puts a shuffle between the operator and a global sort that has to stay above it, as in {@code
 * ORDER BY embed(body)[0]}. Such a sort reads its input twice, first for its ranges, as does a
 * repartitioning by range; what it reads then is the shuffle's files, and not each text embedded
 * again.
 *
 * <p>A sort under a limit reads once, keeps the first rows of each partition, and needs none.
 */
final class SpreadBeforeSort {
  private SpreadBeforeSort() {}

  static LogicalPlan apply(LogicalPlan plan) {
    return below(plan, false);
  }

  private static LogicalPlan below(LogicalPlan node, boolean limited) {
    boolean limitedBelow =
        node instanceof LocalLimit
            || node instanceof GlobalLimit
            || (limited && (node instanceof Project || node instanceof Offset));
    LogicalPlan rewritten =
        node.withNewChildren(
            Scala.seq(
                Scala.list(node.children()).stream()
                    .map(child -> below(child, limitedBelow))
                    .toList()));
    boolean ranges =
        isRange(rewritten) || (rewritten instanceof Sort sort && sort.global() && !limited);
    if (ranges && embeds(rewritten.children().head())) {
      LogicalPlan spread =
          new Repartition(SQLConf.get().numShufflePartitions(), true, rewritten.children().head());
      return rewritten.withNewChildren(Scala.seq(List.of(spread)));
    }
    return rewritten;
  }

  /** Whether the node spreads rows by ranges, which it finds by reading all of them first. */
  static boolean isRange(LogicalPlan node) {
    return node instanceof RepartitionByExpression repartition
        && repartition.partitionExpressions().exists(e -> e instanceof SortOrder);
  }

  /** Whether reading the plan's rows may embed, with no shuffle for certain in between. */
  private static boolean embeds(LogicalPlan plan) {
    if (plan instanceof EvalEmbed) {
      return true;
    }
    boolean shuffles =
        plan instanceof Aggregate
            || plan instanceof Window
            || plan instanceof GlobalLimit
            || plan instanceof RepartitionByExpression
            || (plan instanceof Sort sort && sort.global())
            || (plan instanceof Repartition repartition && repartition.shuffle());
    return !shuffles && plan.children().exists(child -> embeds(child));
  }
}
