package dev.embark.spark;

import dev.embark.engine.EmbeddedRows;
import dev.embark.engine.EmbeddingException;
import dev.embark.engine.EmbeddingException.Kind;
import dev.embark.engine.ErrorMode;
import dev.embark.engine.VectorWriter;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.util.AutoCloseables;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;

/**
 * Embeds the windows of one partition, whatever kind of rows they come from, and counts.
 *
 * <p>Leases an engine and owns an Arrow vector from the first window to {@link #close}, which the
 * end of the task calls. Spark may read rows in another thread than the one that ends the task, so
 * whatever touches the engine is synchronized; {@code close} cancels a running batch first.
 */
final class TaskEmbedder implements AutoCloseable {
  private final EmbedTask task;
  private final TaskContext context;
  private final boolean vectorsWanted;
  private final EmbedMetrics.Fill fill;

  private volatile EnginePool.Lease lease;
  private BufferAllocator allocator;
  private ListVector vector;
  private ResultValues resultValues;
  private volatile boolean closed;

  private TextWindow window;
  private EmbeddedRows embedded;
  private long rowsBefore;

  TaskEmbedder(EmbedTask task, TaskContext context) {
    this.task = task;
    this.context = context;
    this.vectorsWanted = task.outputs().stream().anyMatch(o -> o != EmbedOutput.TOKENS);
    this.fill = new EmbedMetrics.Fill();
  }

  /**
   * Embeds a window; what came before is overwritten.
   *
   * @throws EmbeddingException when a row fails and the mode is FAILFAST, or the model cannot be
   *     had
   * @throws TaskKilledException when the task is interrupted meanwhile
   * @throws IllegalStateException when the task has ended
   */
  synchronized void embed(TextWindow newWindow) {
    if (closed) {
      throw new IllegalStateException("The task has ended; no more rows can be read from it.");
    }
    if (lease == null) {
      open();
    }
    rowsBefore += window == null ? 0 : embedded.size();
    window = newWindow;
    long start = System.nanoTime();
    try {
      embedded =
          vectorsWanted
              ? lease.engine().embed(window.texts(), vector, context::isInterrupted)
              : lease.engine().countTokens(window.texts());
    } catch (EmbeddingException e) {
      if (e.kind() == Kind.CANCELLED && context.isInterrupted()) {
        throw new TaskKilledException("cancelled while embedding");
      }
      throw e;
    }
    WindowCounts counts = WindowCounts.of(window, embedded, System.nanoTime() - start);
    task.metrics().add(counts, fill);
    task.totals().add(counts);
    ExecutorCounters.add(counts);
    if (counts.failed() > 0 && task.options().mode() == ErrorMode.FAILFAST) {
      throw firstFailure();
    }
  }

  private void open() {
    lease = ExecutorModels.lease(task.options(), task.access());
    task.metrics().loadTime().add(lease.loadMillis());
    ExecutorCounters.addLoadMillis(lease.loadMillis());
    allocator = TaskArrowMemory.newAllocator("embed", context);
    vector = VectorWriter.newVector("embedding", allocator);
    resultValues = new ResultValues(task.options(), vector);
  }

  private EmbeddingException firstFailure() {
    for (int row = 0; ; row++) {
      EmbeddingException error = embedded.error(row);
      if (error != null) {
        return new EmbeddingException(
            error.kind(),
            "Row "
                + (rowsBefore + row + 1)
                + " of partition "
                + context.partitionId()
                + " cannot be embedded: "
                + error.getMessage()
                + " With mode=PERMISSIVE its embedding would be NULL.",
            error);
      }
    }
  }

  /** Floats of a vector, of a window that was embedded. */
  int dimensions() {
    return lease.engine().dimensions();
  }

  /** The values of a row of the window, one for each output; copies. */
  Object[] values(int row) {
    Object[] values = new Object[task.outputs().size()];
    if (!window.isNull(row)) {
      for (int i = 0; i < values.length; i++) {
        values[i] = resultValues.of(task.outputs().get(i), embedded, window.source(row));
      }
    }
    return values;
  }

  /**
   * The window's embeddings, {@code List<Float>} with a row for each of its rows. Stays this
   * object's, and is valid until the next window.
   */
  synchronized ListVector vector() {
    for (int row = 0; row < window.size(); row++) {
      if (!window.isNull(row) && window.source(row) != row) {
        VectorWriter.copy(vector, window.source(row), row);
      }
    }
    return vector;
  }

  @Override
  public void close() {
    EnginePool.Lease running = lease;
    // Once only: after it the engine is another task's.
    if (running != null && !closed) {
      running.engine().cancel(true);
    }
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      try {
        // Skips what is null: opening them may have failed half-way.
        AutoCloseables.close(lease, vector, allocator);
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e); // none of the three declares one
      }
    }
  }
}
