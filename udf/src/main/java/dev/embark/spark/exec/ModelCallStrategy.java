package dev.embark.spark.exec;

import dev.embark.spark.catalyst.EvalModel;
import dev.embark.spark.catalyst.MaterializeRereadInputs;
import dev.embark.spark.compat.Scala;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.SparkStrategy;
import scala.collection.immutable.Seq;

/**
 * Planner strategy that plans {@link EvalModel} as {@link EvalModelExec} and inserts a shuffle
 * above it if the operator above reads its input more than once ({@link MaterializeRereadInputs}).
 */
public final class ModelCallStrategy extends SparkStrategy {
  private static final long serialVersionUID = 1L;

  @Override
  public Seq<SparkPlan> apply(LogicalPlan plan) {
    Optional<SparkPlan> shuffled = MaterializeRereadInputs.shuffle(plan);
    if (shuffled.isPresent()) {
      return Scala.seq(List.of(shuffled.get()));
    }
    MaterializeRereadInputs.markForRanges(plan);
    if (plan instanceof Join join && join.exists(node -> node instanceof EvalModel)) {
      return byOtherStrategies(join);
    }
    return plan instanceof EvalModel eval
        ? Scala.seq(
            List.of(
                new EvalModelExec(
                    eval.text(),
                    eval.options(),
                    eval.outputs(),
                    eval.results(),
                    planLater(eval.child()))))
        : Scala.seq(List.of());
  }

  /**
   * Plans a join by the session's other strategies, since the choice of the join operator decides
   * which side is read more than once.
   */
  private Seq<SparkPlan> byOtherStrategies(Join join) {
    for (SparkStrategy strategy :
        Scala.list(SparkSession.active().sessionState().planner().strategies())) {
      List<SparkPlan> planned =
          strategy instanceof ModelCallStrategy ? List.of() : Scala.list(strategy.apply(join));
      if (!planned.isEmpty()) {
        MaterializeRereadInputs.markFor(planned.get(0));
        return Scala.seq(planned.subList(0, 1));
      }
    }
    return Scala.seq(List.of());
  }
}
