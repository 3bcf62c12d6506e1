package dev.embark.job.progress;

import dev.embark.job.cli.JobFunction;
import dev.embark.spark.metrics.ApplicationProgress;
import org.apache.spark.sql.SparkSession;

/**
 * Counters of {@code embed()} or {@code generate()}, summed over completed tasks and, as of their
 * last heartbeat, running tasks.
 *
 * @param rows rows received, including NULL
 * @param tokens tokens encoded or, for answers, generated
 * @param nullRows rows whose text is NULL
 * @param failedRows rows that failed and received NULL
 * @param truncatedRows rows whose text was truncated
 */
public record Totals(long rows, long tokens, long nullRows, long failedRows, long truncatedRows) {

  /** Returns the current counters of the application; may be called from any thread. */
  public static Totals of(SparkSession spark, JobFunction function) {
    ApplicationProgress.Snapshot now = ApplicationProgress.of(spark).snapshot();
    return new Totals(
        now.rows(),
        function == JobFunction.EMBED ? now.tokens() : now.generatedTokens(),
        now.nullRows(),
        now.failedRows(),
        now.truncatedRows());
  }

  /** Returns the difference from {@code start}. */
  public Totals since(Totals start) {
    return new Totals(
        rows - start.rows,
        tokens - start.tokens,
        nullRows - start.nullRows,
        failedRows - start.failedRows,
        truncatedRows - start.truncatedRows);
  }
}
