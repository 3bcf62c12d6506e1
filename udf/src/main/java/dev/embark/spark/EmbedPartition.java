package dev.embark.spark;

import dev.embark.engine.EmbeddedRows;
import dev.embark.engine.EmbeddingException;
import dev.embark.engine.EmbeddingException.Kind;
import dev.embark.engine.ErrorMode;
import dev.embark.engine.VectorWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.util.AutoCloseables;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.JoinedRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.util.ArrowUtils;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * The rows of one partition, embedded window by window: reads ahead, embeds each distinct text of
 * the window once, and hands the rows on in their order with the result columns added.
 *
 * <p>Leases an engine and owns an Arrow vector from the first window to {@link #close}, which the
 * end of the task calls. Spark may read rows in another thread than the one that ends the task, so
 * whatever touches the engine is synchronized; {@code close} cancels a running batch first.
 */
final class EmbedPartition implements Iterator<InternalRow>, AutoCloseable {
  // The first window is small, so that a query that wants a few rows embeds only a few.
  private static final int FIRST_WINDOW_ROWS = 64;
  private static final int MAX_WINDOW_ROWS = 4096;
  private static final int WINDOW_GROWTH = 4;
  private static final long MAX_WINDOW_BYTES = 16L << 20; // of rows, and of vectors

  private final EmbedTask task;
  private final Iterator<InternalRow> input;
  private final TaskContext context;
  private final UnsafeProjection text;
  private final UnsafeProjection joined;
  private final JoinedRow joinedRow = new JoinedRow();
  private final boolean vectorsWanted;

  private volatile ExecutorModels.Lease lease;
  private BufferAllocator allocator;
  private ListVector vector;
  private ResultValues resultValues;
  private volatile boolean closed;

  private final List<InternalRow> rows = new ArrayList<>();
  private final List<Integer> textOfRow = new ArrayList<>(); // index into texts; -1 for NULL
  private final List<byte[]> texts = new ArrayList<>(); // distinct ones of the window
  private EmbeddedRows embedded; // by index into texts
  private int windowRows = FIRST_WINDOW_ROWS;
  private long rowsBefore;
  private int next;

  EmbedPartition(EmbedTask task, Iterator<InternalRow> input, TaskContext context) {
    this.task = task;
    this.input = input;
    this.context = context;
    this.text =
        UnsafeProjection.create(
            Scala.<Expression>seq(List.of(task.text())), Scala.<Attribute>seq(task.input()));
    text.initialize(context.partitionId());
    List<Attribute> output = new ArrayList<>(task.input());
    output.addAll(task.results());
    this.joined =
        UnsafeProjection.create(Scala.<Expression>seq(output), Scala.<Attribute>seq(output));
    this.vectorsWanted = task.outputs().stream().anyMatch(o -> o != EmbedOutput.TOKENS);
  }

  @Override
  public boolean hasNext() {
    return next < rows.size() || input.hasNext();
  }

  @Override
  public InternalRow next() {
    if (next == rows.size()) {
      if (!input.hasNext()) {
        throw new NoSuchElementException();
      }
      nextWindow();
    }
    int row = next++;
    return joined.apply(joinedRow.apply(rows.get(row), results(textOfRow.get(row))));
  }

  private synchronized void nextWindow() {
    if (closed) {
      throw new IllegalStateException("The task has ended; no more rows can be read from it.");
    }
    if (lease == null) {
      open();
    }
    readAhead();
    long start = System.nanoTime();
    try {
      embedded =
          vectorsWanted
              ? lease.engine().embed(texts, vector, context::isInterrupted)
              : lease.engine().countTokens(texts);
    } catch (EmbeddingException e) {
      if (e.kind() == Kind.CANCELLED && context.isInterrupted()) {
        throw new TaskKilledException("cancelled while embedding");
      }
      throw e;
    }
    task.metrics().encodeTime().add(System.nanoTime() - start);
    count();
    windowRows = Math.min(windowRows * WINDOW_GROWTH, maxWindowRows());
  }

  private void open() {
    lease = ExecutorModels.lease(task.options(), task.access());
    task.metrics().loadTime().add(lease.loadMillis());
    allocator =
        ArrowUtils.rootAllocator()
            .newChildAllocator("embed-" + context.taskAttemptId(), 0, Long.MAX_VALUE);
    vector = VectorWriter.newVector("embedding", allocator);
    resultValues = new ResultValues(task.options(), vector);
  }

  private int maxWindowRows() {
    long byVectors = MAX_WINDOW_BYTES / ((long) lease.engine().dimensions() * Float.BYTES);
    return (int) Math.max(FIRST_WINDOW_ROWS, Math.min(MAX_WINDOW_ROWS, byVectors));
  }

  private void readAhead() {
    rowsBefore += rows.size();
    rows.clear();
    textOfRow.clear();
    texts.clear();
    next = 0;
    Map<UTF8String, Integer> known = new HashMap<>();
    long bytes = 0;
    while (rows.size() < windowRows && bytes < MAX_WINDOW_BYTES && input.hasNext()) {
      InternalRow row = input.next();
      UnsafeRow projected = text.apply(row);
      if (projected.isNullAt(0)) {
        textOfRow.add(-1);
      } else {
        byte[] utf8 = projected.getUTF8String(0).getBytes();
        bytes += utf8.length;
        textOfRow.add(
            known.computeIfAbsent(
                UTF8String.fromBytes(utf8),
                t -> {
                  texts.add(utf8);
                  return texts.size() - 1;
                }));
      }
      InternalRow copy = row.copy();
      bytes += copy instanceof UnsafeRow unsafe ? unsafe.getSizeInBytes() : 0;
      rows.add(copy);
    }
  }

  private void count() {
    EmbedMetrics metrics = task.metrics();
    metrics.addEngine(embedded);
    long tokens = 0;
    for (int i = 0; i < texts.size(); i++) {
      tokens += embedded.tokens(i);
    }
    long nulls = 0;
    long failed = 0;
    long truncated = 0;
    for (int row = 0; row < rows.size(); row++) {
      int i = textOfRow.get(row);
      if (i < 0) {
        nulls++;
      } else if (embedded.error(i) != null) {
        failed++;
        if (task.options().mode() == ErrorMode.FAILFAST) {
          throw failure(row, embedded.error(i));
        }
      } else if (embedded.isTruncated(i)) {
        truncated++;
      }
    }
    metrics.tokens().add(tokens);
    metrics.nulls().add(nulls);
    metrics.failed().add(failed);
    metrics.truncated().add(truncated);
    metrics.embedded().add(rows.size() - nulls - failed);
    metrics.deduplicated().add(rows.size() - nulls - texts.size());
    task.totals().add(rows.size(), tokens, nulls, failed, truncated);
  }

  private EmbeddingException failure(int row, EmbeddingException error) {
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

  private InternalRow results(int textIndex) {
    Object[] values = new Object[task.outputs().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          textIndex < 0 ? null : resultValues.of(task.outputs().get(i), embedded, textIndex);
    }
    return new GenericInternalRow(values);
  }

  @Override
  public void close() {
    ExecutorModels.Lease running = lease;
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
