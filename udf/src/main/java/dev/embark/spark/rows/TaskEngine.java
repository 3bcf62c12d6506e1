package dev.embark.spark.rows;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.rows.RowOutcomes;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.models.EnginePool;
import dev.embark.spark.models.ExecutorModels;
import dev.embark.spark.models.ModelAccess;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.spark.TaskContext;

/**
 * A leased engine, with what it takes to make values of Spark's rows from its results. For one
 * thread at a time, but {@link #cancel} is for any.
 */
public interface TaskEngine extends AutoCloseable {
  /**
   * Leases an engine.
   *
   * @param outputs what is wanted of each text
   * @param context null outside of a task
   * @throws dev.embark.engine.rows.EmbarkException when the model or the device cannot be had
   */
  static TaskEngine open(
      FunctionOptions options, List<SqlFunction> outputs, ModelAccess access, TaskContext context) {
    EnginePool.Lease lease = ExecutorModels.lease(options, access);
    return options instanceof EmbedOptions embed
        ? VectorEngine.open(lease, embed, outputs, context)
        : new AnswerEngine(lease);
  }

  /** What fetching and loading the model cost; 0 if it was there. */
  long loadMillis();

  /**
   * Computes a window; what came before is overwritten.
   *
   * @param window UTF-8, null for a NULL row
   * @throws dev.embark.engine.rows.EmbarkException of kind CANCELLED
   */
  RowOutcomes compute(List<byte[]> window, BooleanSupplier isCancelled);

  /** What a call gets for row {@code i} of the window; a copy, valid for as long as wanted. */
  Object value(SqlFunction output, int i);

  /** About how many bytes the result of a row takes. */
  long rowBytes();

  /** Ends the running and every later computation of this lease. Any thread. */
  void cancel();

  /** Gives the engine back. */
  @Override
  void close();
}
