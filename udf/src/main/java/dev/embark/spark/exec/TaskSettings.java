package dev.embark.spark.exec;

import dev.embark.engine.options.FunctionOptions;
import dev.embark.spark.conf.EmbarkConf;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.metrics.ApplicationProgress;
import dev.embark.spark.metrics.OperatorMetrics;
import dev.embark.spark.models.ExecutorModels;
import dev.embark.spark.models.ModelAccess;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;

/**
 * What the driver sends to every task that embeds, as plain values.
 *
 * @param access to the model
 * @param outputs what is wanted of each text
 */
public record TaskSettings(
    FunctionOptions options,
    ModelAccess access,
    List<SqlFunction> outputs,
    OperatorMetrics metrics,
    ApplicationProgress.Totals totals)
    implements Serializable {

  /** On the driver. */
  public static TaskSettings of(
      SparkContext context,
      FunctionOptions options,
      List<SqlFunction> outputs,
      OperatorMetrics metrics) {
    ApplicationProgress progress = ApplicationProgress.of(context);
    if (EmbarkConf.progress()) {
      progress.showStages(context);
    }
    ModelAccess access = ModelAccess.ofSession(context, options.model());
    return new TaskSettings(
        access.pinned(options, ExecutorModels.store()),
        access,
        outputs,
        metrics,
        progress.totals());
  }

  /** In a task, whose end closes it. */
  public WindowProcessor open() {
    TaskContext context = TaskContext.get();
    WindowProcessor embedder = new WindowProcessor(this, context);
    TaskCompletionListener atEnd = ended -> embedder.close();
    context.addTaskCompletionListener(atEnd);
    return embedder;
  }
}
