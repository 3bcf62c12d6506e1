package dev.embark.job;

import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The rows that a run would embed.
 *
 * @param rows of those kinds, lazily
 * @param textColumn of these
 * @param all rows of the input
 * @param count of the rows that would be embedded, at most {@code all}
 */
record RowsToDo(Dataset<Row> rows, String textColumn, long all, long count) {

  /** What a run that was interrupted has left, of its own copy of the input. */
  static RowsToDo left(SparkSession spark, StateFolder state, Manifest.Run interrupted) {
    RunPlan plan = interrupted.plan();
    long done = plan.committed().stream().mapToLong(wave -> wave.totals().rows()).sum();
    return new RowsToDo(
        RunInput.readLeft(spark, state.runFolder(interrupted), interrupted),
        interrupted.textColumn(),
        plan.rows() + plan.skippedRows(),
        plan.rows() - done);
  }

  /**
   * What a new run would do beside an output, found without writing anything.
   *
   * @param complete the manifest of the output's complete runs
   * @throws UserError if a run would refuse the output
   */
  static RowsToDo beside(Manifest complete, RunStart start, Source.Input input) {
    Dataset<Row> rows = input.rows();
    String text = input.textColumn();
    long all = rows.count();
    Optional<RunStart.Way> way = start.choose(complete, input);
    if (way.isEmpty()) {
      return new RowsToDo(rows.limit(0), text, all, 0);
    }
    if (!way.get().isIncremental()) {
      return new RowsToDo(rows, text, all, all);
    }
    Dataset<Row> missing = start.known(complete, text).missingOf(rows).drop(KnownRows.KNOWN_ID);
    return new RowsToDo(missing, text, all, missing.count());
  }

  /** All rows of an input, for an output that is not there yet. */
  static RowsToDo all(Source.Input input) {
    long all = input.rows().count();
    return new RowsToDo(input.rows(), input.textColumn(), all, all);
  }
}
