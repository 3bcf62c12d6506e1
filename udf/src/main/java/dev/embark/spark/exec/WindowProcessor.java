package dev.embark.spark.exec;

import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.options.ErrorMode;
import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.RowOutcomes;
import dev.embark.spark.compat.SparkConditions;
import dev.embark.spark.metrics.ExecutorCounters;
import dev.embark.spark.metrics.OperatorMetrics;
import dev.embark.spark.metrics.WindowCounts;
import dev.embark.spark.rows.TaskEngine;
import dev.embark.spark.rows.TextWindow;
import dev.embark.spark.rows.VectorEngine;
import java.util.Map;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;

/**
 * Evaluates windows of texts for one task and updates the metrics.
 *
 * <p>Owns a {@link TaskEngine} from the first window until {@link #close}, which the task
 * completion listener calls. Spark may read rows on a different thread than the one that ends the
 * task, so every access to the engine is synchronized; {@code close} first cancels a running batch.
 */
public final class WindowProcessor implements AutoCloseable {
  private final TaskSettings settings;
  private final TaskContext context;
  private final OperatorMetrics.Fill fill;

  private volatile TaskEngine engine;
  private volatile boolean closed;

  private TextWindow window;
  private RowOutcomes outcomes;
  private long rowsBefore;

  WindowProcessor(TaskSettings settings, TaskContext context) {
    this.settings = settings;
    this.context = context;
    this.fill = new OperatorMetrics.Fill();
  }

  /**
   * Evaluates a window and overwrites the results of the previous one.
   *
   * @throws RuntimeException as {@link SparkConditions#inTask} if a row fails in mode FAILFAST, or
   *     the model cannot be loaded
   * @throws TaskKilledException if the task is interrupted
   * @throws IllegalStateException if the task has ended
   */
  public synchronized void embed(TextWindow newWindow) {
    checkOpen();
    if (engine == null) {
      open();
    }
    rowsBefore += window == null ? 0 : outcomes.size();
    window = newWindow;
    long start = System.nanoTime();
    try {
      outcomes = engine.compute(window.texts(), context::isInterrupted);
    } catch (EmbarkException e) {
      if (e.kind() == Kind.CANCELLED && context.isInterrupted()) {
        throw new TaskKilledException("cancelled while " + settings.options().function() + " ran");
      }
      throw SparkConditions.inTask(e);
    }
    WindowCounts counted = WindowCounts.of(window, outcomes, System.nanoTime() - start);
    settings.metrics().add(counted, fill);
    settings.progress().add(counted.counts());
    ExecutorCounters.add(counted);
    if (counted.counts().failed() > 0 && settings.options().mode() == ErrorMode.FAILFAST) {
      throw SparkConditions.inTask(firstFailure());
    }
  }

  private void open() {
    try {
      engine = TaskEngine.open(settings.options(), settings.outputs(), settings.access(), context);
    } catch (EmbarkException e) {
      throw SparkConditions.inTask(e);
    }
    settings.metrics().addLoadMillis(engine.loadMillis());
    ExecutorCounters.addLoadMillis(engine.loadMillis());
  }

  private EmbarkException firstFailure() {
    for (int row = 0; ; row++) {
      EmbarkException error = outcomes.error(row);
      if (error != null) {
        return new EmbarkException(
            Condition.FAILED_ROW,
            Map.of(
                "row", Long.toString(rowsBefore + row + 1),
                "partition", Integer.toString(context.partitionId()),
                "done", OperatorMetrics.done(settings.options()),
                "reason", error.getMessage()),
            error);
      }
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("The task has ended; no more rows can be read from it.");
    }
  }

  /**
   * Approximate size of one result in bytes; available after the first window.
   *
   * @throws IllegalStateException if the task has ended
   */
  public synchronized long rowBytes() {
    checkOpen();
    return engine.rowBytes();
  }

  /**
   * Copies of the results for one row of the window, one per function.
   *
   * @throws IllegalStateException if the task has ended
   */
  public synchronized Object[] values(int row) {
    checkOpen();
    Object[] values = new Object[settings.outputs().size()];
    if (!window.isNull(row)) {
      for (int i = 0; i < values.length; i++) {
        values[i] = engine.value(settings.outputs().get(i), window.source(row));
      }
    }
    return values;
  }

  /**
   * The embeddings of the current window as a {@code List<Float>} vector with one entry per row.
   * Owned by this object and valid until the next window.
   *
   * @throws IllegalStateException if the task has ended
   */
  public synchronized ListVector vector() {
    checkOpen();
    ListVector vector = ((VectorEngine) engine).vector();
    for (int row = 0; row < window.size(); row++) {
      if (!window.isNull(row) && window.source(row) != row) {
        VectorWriter.copy(vector, window.source(row), row);
      }
    }
    return vector;
  }

  @Override
  public void close() {
    TaskEngine running = engine;
    // A closed lease may already belong to another task, which must not be cancelled.
    if (running != null && !closed) {
      running.cancel();
    }
    synchronized (this) {
      if (!closed) {
        closed = true;
        if (engine != null) {
          engine.close();
        }
      }
    }
  }
}
