package dev.embark.spark.rows;

import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.VectorWriter;
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

/** Embeds. Owns a lease, and the Arrow vector that the engine writes into. */
public final class VectorEngine implements TaskEngine {
  private final EnginePool.Lease lease;
  private final BufferAllocator allocator;
  private final ListVector vector;
  private final ResultValues values;
  private final boolean vectorsWanted;
  private EmbeddedRows rows;

  private VectorEngine(
      EnginePool.Lease lease,
      EmbedOptions options,
      List<SqlFunction> outputs,
      BufferAllocator allocator) {
    this.lease = lease;
    this.allocator = allocator;
    this.vector = VectorWriter.newVector("embedding", allocator);
    this.values = new ResultValues(options, vector);
    this.vectorsWanted = outputs.stream().anyMatch(output -> output != SqlFunction.TOKENS);
  }

  /** Takes over the lease. */
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
      // An error, too: of Arrow's classes some platforms have other versions.
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
    rows =
        vectorsWanted ? engine().embed(window, vector, isCancelled) : engine().countTokens(window);
    return rows;
  }

  @Override
  public Object value(SqlFunction output, int i) {
    return values.of(output, rows, i);
  }

  /** Of the window, {@code List<Float>}; stays this object's. */
  public ListVector vector() {
    return vector;
  }

  @Override
  public long rowBytes() {
    return (long) engine().dimensions() * Float.BYTES;
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
