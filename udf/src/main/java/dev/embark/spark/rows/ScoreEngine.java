package dev.embark.spark.rows;

import dev.embark.engine.embed.RerankingEngine;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.models.EnginePool;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;

/** Task engine that scores pairs of texts. Owns its lease. */
final class ScoreEngine implements TaskEngine {
  private static final long ROW_BYTES = Float.BYTES;

  private final EnginePool.Lease lease;
  private EmbeddedRows rows;

  /**
   * @param lease owned by this object from now on
   */
  ScoreEngine(EnginePool.Lease lease) {
    this.lease = lease;
  }

  private RerankingEngine engine() {
    return (RerankingEngine) lease.engine();
  }

  @Override
  public long loadMillis() {
    return lease.loadMillis();
  }

  @Override
  public EmbeddedRows compute(List<byte[]> window, BooleanSupplier isCancelled) {
    rows = engine().score(window, isCancelled);
    return rows;
  }

  @Override
  public Object value(SqlFunction output, int i) {
    Object score = rows.isDone(i) ? (Object) engine().score(i) : null;
    return output == SqlFunction.SCORE
        ? score
        : new GenericInternalRow(
            new Object[] {
              score, rows.tokens(i), rows.isTruncated(i), ResultValues.message(rows.error(i))
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
