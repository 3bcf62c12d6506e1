package dev.embark.spark.rows;

import dev.embark.engine.chunks.TextChunks;
import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.models.Closing;
import dev.embark.spark.models.EnginePool;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.spark.TaskContext;

/**
 * Task engine that computes embeddings. Owns its lease and the Arrow vector that the engine writes.
 */
public final class VectorEngine implements TaskEngine {
  private final EnginePool.Lease lease;
  private final BufferAllocator allocator;
  private final ListVector vector;
  private final ResultValues values;
  private final boolean needsVectors;
  private EmbeddedRows rows;
  private long rowBytes;

  private VectorEngine(
      EnginePool.Lease lease,
      EmbedOptions options,
      List<SqlFunction> outputs,
      BufferAllocator allocator) {
    this.lease = lease;
    this.allocator = allocator;
    this.vector = VectorWriter.newVector("embedding", allocator);
    this.values = new ResultValues(options, vector);
    this.needsVectors = outputs.stream().anyMatch(function -> function != SqlFunction.TOKENS);
  }

  /** Creates an engine that owns the lease; closes the lease if it fails. */
  static VectorEngine open(
      EnginePool.Lease lease,
      EmbedOptions options,
      List<SqlFunction> outputs,
      TaskContext context) {
    BufferAllocator allocator = null;
    try {
      allocator = TaskArrowMemory.newAllocator("embed", context);
      return new VectorEngine(lease, options, outputs, allocator);
    } catch (RuntimeException | Error e) {
      // Errors as well: platforms with other Arrow versions raise LinkageErrors.
      if (allocator != null) {
        allocator.close();
      }
      lease.close();
      throw e;
    }
  }

  private EmbeddingEngine engine() {
    return (EmbeddingEngine) lease.engine();
  }

  @Override
  public long loadMillis() {
    return lease.loadMillis();
  }

  @Override
  public EmbeddedRows compute(List<byte[]> window, BooleanSupplier isCancelled) {
    long vectorBytes = (long) engine().dimensions() * Float.BYTES;
    rowBytes = vectorBytes;
    if (engine().options() instanceof ChunkOptions) {
      TextChunks chunks = engine().embedChunks(window, vector, isCancelled);
      rows = chunks.outcomes();
      values.setChunks(window, chunks);
      rowBytes = Math.max(1, chunks.size() / Math.max(1, window.size())) * vectorBytes;
      return rows;
    }
    rows =
        needsVectors ? engine().embed(window, vector, isCancelled) : engine().countTokens(window);
    return rows;
  }

  @Override
  public Object value(SqlFunction function, int i) {
    return values.of(function, rows, i);
  }

  /** The vectors of the window, {@code List<Float>}; owned by this object. */
  public ListVector vector() {
    return vector;
  }

  @Override
  public long rowBytes() {
    return rowBytes;
  }

  @Override
  public void cancel() {
    lease.engine().cancel(true);
  }

  @Override
  public void close() {
    Closing.all(lease, vector, allocator);
  }
}
