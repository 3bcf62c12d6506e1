package dev.embark.job.input;

import dev.embark.job.cli.JobSpec;
import dev.embark.job.state.FunctionCall;
import org.apache.spark.sql.SparkSession;

/**
 * Maximum size of a part of a run's input. Waves consist of whole parts, so without {@code
 * --rows-per-wave} a part takes much less time than a wave should, whatever the model and the
 * texts.
 *
 * @param rows number of rows
 * @param bytes bytes of UTF-8 in the text column; exceeded by a single text, and approximately
 *     where the texts of a part differ in length
 */
public record PartSize(long rows, long bytes) {
  /** With models up to this size, a part takes about a minute on a slow core. */
  private static final double SMALL_MODEL = 100e6; // bytes

  private static final int PARTS_PER_WAVE = 5;
  private static final long TEXT_BYTES_PER_CORE = 2 << 20;

  /** Returns the size of parts for a run. */
  public static PartSize of(SparkSession spark, JobSpec spec, FunctionCall call) {
    if (spec.rowsPerWave().isPresent()) {
      return new PartSize(spec.rowsPerWave().getAsLong(), Long.MAX_VALUE);
    }
    return of(
        spec.function().rowsPerCore(),
        spark.sparkContext().defaultParallelism(),
        call.modelBytes(spark));
  }

  /** Work per row grows with the size of the model. */
  static PartSize of(int rowsPerCore, int cores, long modelBytes) {
    double share = Math.min(1, SMALL_MODEL / Math.max(1, modelBytes)) * cores;
    return new PartSize(
        Math.max(1, Math.round(share * rowsPerCore / PARTS_PER_WAVE)),
        Math.max(1, Math.round(share * TEXT_BYTES_PER_CORE)));
  }

  boolean limitsBytes() {
    return bytes < Long.MAX_VALUE;
  }
}
