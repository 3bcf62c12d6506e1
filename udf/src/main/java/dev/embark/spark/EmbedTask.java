package dev.embark.spark;

import dev.embark.engine.TaskOptions;
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
record EmbedTask(
    TaskOptions options,
    ModelAccess access,
    List<EmbedOutput> outputs,
    EmbedMetrics metrics,
    EmbedProgress.Totals totals)
    implements Serializable {

  /** On the driver. */
  static EmbedTask of(
      SparkContext context, TaskOptions options, List<EmbedOutput> outputs, EmbedMetrics metrics) {
    EmbedProgress progress = EmbedProgress.of(context);
    if (EmbarkConf.progress()) {
      progress.showStages(context);
    }
    ModelAccess access = ModelAccess.ofSession(context, options.model());
    return new EmbedTask(
        access.pinned(options, ExecutorModels.store()),
        access,
        outputs,
        metrics,
        progress.totals());
  }

  /** In a task, whose end closes it. */
  TaskEmbedder open() {
    TaskContext context = TaskContext.get();
    TaskEmbedder embedder = new TaskEmbedder(this, context);
    TaskCompletionListener atEnd = ended -> embedder.close();
    context.addTaskCompletionListener(atEnd);
    return embedder;
  }
}
