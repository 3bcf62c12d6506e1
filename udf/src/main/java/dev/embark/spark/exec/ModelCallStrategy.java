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
 * Plans {@link EvalModel} as {@link EvalModelExec}, with a shuffle above where its rows are read
 * more than once ({@link MaterializeRereadInputs}).
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
      return ofOthers(join);
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

  /** A join as the session's other strategies plan it, to see which operator they choose. */
  private Seq<SparkPlan> ofOthers(Join join) {
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
