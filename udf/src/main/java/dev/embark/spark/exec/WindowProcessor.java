package dev.embark.spark.exec;

import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.options.ErrorMode;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.RowOutcomes;
import dev.embark.spark.metrics.ExecutorCounters;
import dev.embark.spark.metrics.OperatorMetrics;
import dev.embark.spark.metrics.WindowCounts;
import dev.embark.spark.rows.TaskEngine;
import dev.embark.spark.rows.TextWindow;
import dev.embark.spark.rows.VectorEngine;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;

/**
 * Embeds or answers the windows of one partition, whatever kind of rows they come from, and counts.
 *
 * <p>Owns a {@link TaskEngine} from the first window to {@link #close}, which the end of the task
 * calls. Spark may read rows in another thread than the one that ends the task, so whatever touches
 * the engine is synchronized; {@code close} cancels a running batch first.
 */
public final class WindowProcessor implements AutoCloseable {
  private final TaskSettings task;
  private final TaskContext context;
  private final OperatorMetrics.Fill fill;

  private volatile TaskEngine engine;
  private volatile boolean closed;

  private TextWindow window;
  private RowOutcomes outcomes;
  private long rowsBefore;

  WindowProcessor(TaskSettings task, TaskContext context) {
    this.task = task;
    this.context = context;
    this.fill = new OperatorMetrics.Fill();
  }

  /**
   * Embeds a window; what came before is overwritten.
   *
   * @throws EmbarkException when a row fails and the mode is FAILFAST, or the model cannot be had
   * @throws TaskKilledException when the task is interrupted meanwhile
   * @throws IllegalStateException when the task has ended
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
        throw new TaskKilledException("cancelled while " + task.options().function() + " ran");
      }
      throw e;
    }
    WindowCounts counts = WindowCounts.of(window, outcomes, System.nanoTime() - start);
    task.metrics().add(counts, fill);
    task.totals().add(counts);
    ExecutorCounters.add(counts);
    if (counts.failed() > 0 && task.options().mode() == ErrorMode.FAILFAST) {
      throw firstFailure();
    }
  }

  private void open() {
    engine = TaskEngine.open(task.options(), task.outputs(), task.access(), context);
    task.metrics().loadTime().add(engine.loadMillis());
    ExecutorCounters.addLoadMillis(engine.loadMillis());
  }

  private EmbarkException firstFailure() {
    for (int row = 0; ; row++) {
      EmbarkException error = outcomes.error(row);
      if (error != null) {
        return new EmbarkException(
            error.kind(),
            "Row "
                + (rowsBefore + row + 1)
                + " of partition "
                + context.partitionId()
                + " cannot be "
                + OperatorMetrics.done(task.options())
                + ": "
                + error.getMessage()
                + " With mode=PERMISSIVE its result would be NULL.",
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
   * About how many bytes the result of a row takes, after the first window.
   *
   * @throws IllegalStateException when the task has ended
   */
  public synchronized long rowBytes() {
    checkOpen();
    return engine.rowBytes();
  }

  /**
   * The values of a row of the window, one for each output; copies.
   *
   * @throws IllegalStateException when the task has ended
   */
  public synchronized Object[] values(int row) {
    checkOpen();
    Object[] values = new Object[task.outputs().size()];
    if (!window.isNull(row)) {
      for (int i = 0; i < values.length; i++) {
        values[i] = engine.value(task.outputs().get(i), window.source(row));
      }
    }
    return values;
  }

  /**
   * The embeddings of a window that was embedded, {@code List<Float>} with a row for each of its
   * rows. Stays this object's, and is valid until the next window.
   *
   * @throws IllegalStateException when the task has ended
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
    // Once only: after it the engine is another task's.
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
