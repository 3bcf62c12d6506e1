package dev.embark.job.progress;

import dev.embark.job.cli.JobFunction;
import dev.embark.spark.metrics.ApplicationProgress;
import org.apache.spark.sql.SparkSession;

/**
 * What embed() or generate() counted, summed over tasks that ended and, as of their last heartbeat,
 * those that run.
 *
 * @param rows rows given to it, NULL or not
 * @param tokens tokens encoded or, of answers, generated
 * @param nullRows rows whose text is NULL
 * @param failedRows rows that could not be computed and got NULL
 * @param truncatedRows rows of which only the beginning was embedded
 */
public record Totals(long rows, long tokens, long nullRows, long failedRows, long truncatedRows) {

  /** Reads the counters of the application; any thread. */
  public static Totals of(SparkSession spark, JobFunction function) {
    ApplicationProgress.Snapshot now = ApplicationProgress.of(spark).snapshot();
    return new Totals(
        now.rows(),
        function == JobFunction.EMBED ? now.tokens() : now.generatedTokens(),
        now.nullRows(),
        now.failedRows(),
        now.truncatedRows());
  }

  /** Returns what was counted since {@code start}. */
  public Totals since(Totals start) {
    return new Totals(
        rows - start.rows,
        tokens - start.tokens,
        nullRows - start.nullRows,
        failedRows - start.failedRows,
        truncatedRows - start.truncatedRows);
  }
}
