package dev.embark.job;

import dev.embark.spark.EmbedProgress;
import org.apache.spark.sql.SparkSession;

/**
 * What embed() counted, summed over tasks that ended and, as of their last heartbeat, those that
 * run.
 *
 * @param rows rows given to embed(), NULL or not
 * @param tokens tokens encoded
 * @param nullRows rows whose text is NULL
 * @param failedRows rows that could not be embedded and got NULL
 * @param truncatedRows rows of which only the beginning was embedded
 */
public record Totals(long rows, long tokens, long nullRows, long failedRows, long truncatedRows) {

  /** Reads the counters of the application; any thread. */
  static Totals of(SparkSession spark) {
    EmbedProgress.Snapshot now = EmbedProgress.of(spark).snapshot();
    return new Totals(
        now.rows(), now.tokens(), now.nullRows(), now.failedRows(), now.truncatedRows());
  }

  /** Returns what was counted since {@code start}. */
  Totals since(Totals start) {
    return new Totals(
        rows - start.rows,
        tokens - start.tokens,
        nullRows - start.nullRows,
        failedRows - start.failedRows,
        truncatedRows - start.truncatedRows);
  }
}
