package dev.embark.spark.exec;

import dev.embark.engine.options.FunctionOptions;
import dev.embark.spark.conf.EmbarkConf;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.metrics.ApplicationProgress;
import dev.embark.spark.metrics.OperatorMetrics;
import dev.embark.spark.metrics.RowAccumulators;
import dev.embark.spark.models.CutWarning;
import dev.embark.spark.models.ExecutorModels;
import dev.embark.spark.models.ModelAccess;
import dev.embark.spark.models.PromptWarning;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Plain values that the driver sends to every task of a model operator.
 *
 * @param access how the task reaches the model
 * @param outputs the functions to evaluate for each text
 */
public record TaskSettings(
    FunctionOptions options,
    ModelAccess access,
    List<SqlFunction> outputs,
    OperatorMetrics metrics,
    RowAccumulators progress)
    implements Serializable {

  /** Resolves the settings of one operator. Called on the driver. */
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
    FunctionOptions pinned = access.pinned(options, ExecutorModels.store());
    PromptWarning.check(context, options, access);
    CutWarning.check(context, options, access);
    return new TaskSettings(
        pinned,
        access.serving(pinned, ExecutorModels.store()),
        outputs,
        metrics,
        progress.accumulators());
  }

  /** Opens a processor for the running task; the end of the task closes it. */
  public WindowProcessor open() {
    TaskContext context = TaskContext.get();
    WindowProcessor processor = new WindowProcessor(this, context);
    TaskCompletionListener atEnd = ended -> processor.close();
    context.addTaskCompletionListener(atEnd);
    return processor;
  }
}
