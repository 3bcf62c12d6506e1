package dev.embark.spark.rows;

import dev.embark.engine.options.ClassifyOptions;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.options.RerankOptions;
import dev.embark.engine.rows.RowOutcomes;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.models.EnginePool;
import dev.embark.spark.models.ExecutorModels;
import dev.embark.spark.models.ModelAccess;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.spark.TaskContext;

/**
 * A leased engine that evaluates windows of texts and converts the results to values of Spark rows.
 * Used by one thread at a time, except for {@link #cancel}.
 */
public interface TaskEngine extends AutoCloseable {
  /**
   * Leases an engine.
   *
   * @param outputs the functions to evaluate for each text
   * @param context null outside a task
   * @throws dev.embark.engine.rows.EmbarkException if the model cannot be loaded or the device is
   *     not available
   */
  static TaskEngine open(
      FunctionOptions options, List<SqlFunction> outputs, ModelAccess access, TaskContext context) {
    EnginePool.Lease lease = ExecutorModels.lease(options, access);
    if (options instanceof EmbedOptions embed) {
      return VectorEngine.open(lease, embed, outputs, context);
    }
    if (options instanceof ClassifyOptions classify) {
      return new LabelEngine(lease, classify);
    }
    return options instanceof RerankOptions
        ? new ScoreEngine(lease)
        : AnswerEngine.open(lease, (GenerateOptions) options);
  }

  /** Time to fetch and load the model in milliseconds; 0 if it was already loaded. */
  long loadMillis();

  /**
   * Evaluates a window and overwrites the results of the previous one.
   *
   * @param window texts in UTF-8 or pairs of texts, null for a NULL row
   * @throws dev.embark.engine.rows.EmbarkException of kind CANCELLED
   */
  RowOutcomes compute(List<byte[]> window, BooleanSupplier isCancelled);

  /** The value of a function for row {@code i} of the window; a copy that stays valid. */
  Object value(SqlFunction output, int i);

  /** Approximate size of one result in bytes. */
  long rowBytes();

  /** Cancels the running computation and every later one of this lease. Safe for any thread. */
  void cancel();

  /** Returns the engine to its pool. */
  @Override
  void close();
}
