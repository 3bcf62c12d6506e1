package dev.embark.job;

import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The rows that a run would embed.
 *
 * @param rows of those kinds, lazily; of a run that was interrupted, rows like those it has left
 * @param all rows of the input
 * @param count of the rows that would be embedded, at most {@code all}
 */
record RowsToDo(Dataset<Row> rows, long all, long count) {

  /**
   * Finds them without writing anything.
   *
   * @param sink that {@link Sink#exists}
   * @throws UserError if a run would refuse the output
   */
  static RowsToDo beside(Sink sink, RunStart start, Source.Input input) {
    Dataset<Row> rows = input.rows();
    long all = rows.count();
    Manifest manifest = sink.open(start.schema(input)).load();
    Optional<RunPlan> interrupted = start.resumable(manifest).map(Manifest.Run::plan);
    if (interrupted.isPresent()) {
      long done =
          interrupted.get().committed().stream().mapToLong(wave -> wave.totals().rows()).sum();
      return new RowsToDo(rows, all, Math.min(all, interrupted.get().rows() - done));
    }
    Manifest complete = manifest.withoutUnfinished();
    Optional<RunStart.Way> way = start.choose(complete, input);
    if (way.isEmpty()) {
      return new RowsToDo(rows.limit(0), all, 0);
    }
    if (!way.get().isIncremental()) {
      return new RowsToDo(rows, all, all);
    }
    Dataset<Row> missing =
        start.known(complete, input.textColumn()).missingOf(rows).drop(KnownRows.KNOWN_ID);
    return new RowsToDo(missing, all, missing.count());
  }

  /** All rows of an input, for an output that is not there yet. */
  static RowsToDo all(Source.Input input) {
    long all = input.rows().count();
    return new RowsToDo(input.rows(), all, all);
  }
}
