package dev.embark.job.run;

import dev.embark.job.changes.Changes;
import dev.embark.job.cli.UserError;
import dev.embark.job.input.RunInput;
import dev.embark.job.input.Source;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.StateFolder;
import dev.embark.job.state.Wave;
import dev.embark.job.state.WaveFiles;
import dev.embark.job.state.WaveProgress;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Rows that a run would process.
 *
 * @param rows the rows, lazily
 * @param textColumn name of the text column
 * @param all number of rows that are read
 * @param count number of rows to process, at most {@code all}
 */
record PendingRows(Dataset<Row> rows, String textColumn, long all, long count) {

  /**
   * Returns the rows of an interrupted run that are not committed, from its own copy of the input.
   */
  static PendingRows left(SparkSession spark, StateFolder state, Manifest.Run interrupted) {
    WaveProgress progress = interrupted.progress();
    List<Wave> parts = new WaveFiles(state, interrupted).read();
    List<Wave> left = parts.subList(progress.partsCommitted(), parts.size());
    return new PendingRows(
        RunInput.read(spark, state.runFolder(interrupted), left),
        interrupted.textColumn(),
        progress.rows() + interrupted.counts().skipped(),
        left.stream().mapToLong(Wave::rows).sum());
  }

  /**
   * Returns the rows that a new run into an existing output would process, without writing
   * anything.
   *
   * @param complete manifest of the output's complete runs
   * @throws UserError if a run would reject the output
   */
  static PendingRows ofNewRun(
      Manifest complete, RunStart start, Source.Input input, Optional<Changes> changes) {
    Dataset<Row> rows = changes.map(Changes::plain).orElse(input.rows());
    String text = input.textColumn();
    long all = rows.count();
    if (changes.isEmpty()) {
      return new PendingRows(rows, text, all, all);
    }
    Dataset<Row> missing = start.known(complete, text).missingOf(rows);
    return new PendingRows(missing, text, all, missing.count());
  }

  /** Returns none of the rows of an input, for an output that is left as it is. */
  static PendingRows none(Source.Input input) {
    Dataset<Row> rows = input.rows();
    return new PendingRows(rows.limit(0), input.textColumn(), rows.count(), 0);
  }

  /** Returns all rows of an input, for an output that does not exist yet. */
  static PendingRows all(Source.Input input) {
    long all = input.rows().count();
    return new PendingRows(input.rows(), input.textColumn(), all, all);
  }
}
