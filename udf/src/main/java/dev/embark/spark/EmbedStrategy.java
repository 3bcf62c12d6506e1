package dev.embark.spark;

import java.util.List;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.SparkStrategy;
import scala.collection.immutable.Seq;

/** Plans {@link EvalEmbed} as {@link EvalEmbedExec}. */
final class EmbedStrategy extends SparkStrategy {
  private static final long serialVersionUID = 1L;

  @Override
  public Seq<SparkPlan> apply(LogicalPlan plan) {
    if (!(plan instanceof EvalEmbed eval)) {
      return Scala.seq(List.of());
    }
    return Scala.seq(
        List.of(
            new EvalEmbedExec(
                eval.text(),
                eval.options(),
                eval.outputs(),
                eval.results(),
                planLater(eval.child()))));
  }
}
