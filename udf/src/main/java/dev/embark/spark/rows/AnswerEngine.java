package dev.embark.spark.rows;

import dev.embark.engine.generate.GenerationEngine;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.GeneratedRows;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.models.EnginePool;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.unsafe.types.UTF8String;

/** Task engine that generates answers. Owns its lease. */
final class AnswerEngine implements TaskEngine {
  private static final long ROW_BYTES = 4096; // about a thousand tokens

  private final EnginePool.Lease lease;
  private GeneratedRows rows;

  /**
   * @param lease owned by this object from now on
   */
  AnswerEngine(EnginePool.Lease lease) {
    this.lease = lease;
  }

  @Override
  public long loadMillis() {
    return lease.loadMillis();
  }

  @Override
  public GeneratedRows compute(List<byte[]> window, BooleanSupplier isCancelled) {
    rows = ((GenerationEngine) lease.engine()).generate(window, isCancelled);
    return rows;
  }

  @Override
  public Object value(SqlFunction output, int i) {
    UTF8String text = UTF8String.fromString(rows.text(i));
    if (output == SqlFunction.ANSWER) {
      return text;
    }
    EmbarkException error = rows.error(i);
    return new GenericInternalRow(
        new Object[] {
          text,
          rows.generatedTokens(i),
          UTF8String.fromString(rows.finish(i).toString()),
          ResultValues.message(error)
        });
  }

  @Override
  public long rowBytes() {
    return ROW_BYTES;
  }

  @Override
  public void cancel() {
    lease.engine().cancel(true);
  }

  @Override
  public void close() {
    lease.close();
  }
}
