package dev.embark.spark.rows;

import dev.embark.engine.generate.ClassificationEngine;
import dev.embark.engine.options.ClassifyOptions;
import dev.embark.engine.rows.ClassifiedRows;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.models.EnginePool;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.ArrayBasedMapData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.unsafe.types.UTF8String;

/** Task engine that classifies texts. Owns its lease. */
final class LabelEngine implements TaskEngine {
  private static final long LABEL_BYTES = 32;

  private final EnginePool.Lease lease;
  private final UTF8String[] labels;
  private ClassifiedRows rows;

  /**
   * @param lease owned by this object from now on
   */
  LabelEngine(EnginePool.Lease lease, ClassifyOptions options) {
    this.lease = lease;
    this.labels = options.labels().stream().map(UTF8String::fromString).toArray(UTF8String[]::new);
  }

  @Override
  public long loadMillis() {
    return lease.loadMillis();
  }

  @Override
  public ClassifiedRows compute(List<byte[]> window, BooleanSupplier isCancelled) {
    rows = ((ClassificationEngine) lease.engine()).classify(window, isCancelled);
    return rows;
  }

  @Override
  public Object value(SqlFunction output, int i) {
    double[] scores = rows.scores(i);
    UTF8String label = scores == null ? null : labels[likeliest(scores)];
    if (output == SqlFunction.LABEL) {
      return label;
    }
    ArrayBasedMapData byLabel =
        scores == null
            ? null
            : new ArrayBasedMapData(
                new GenericArrayData((Object[]) labels), new GenericArrayData(scores));
    return new GenericInternalRow(
        new Object[] {
          label, byLabel, rows.tokens(i), rows.isTruncated(i), ResultValues.message(rows.error(i))
        });
  }

  /** The first of the labels with the largest score. */
  private static int likeliest(double[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    return best;
  }

  @Override
  public long rowBytes() {
    return LABEL_BYTES * labels.length;
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
