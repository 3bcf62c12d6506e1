package dev.embark.job.changes;

import dev.embark.job.state.Manifest;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Rows of an input that may have to be processed.
 *
 * @param by how they were found
 * @param rows columns of the input; for {@link #areAll} these alone, otherwise also {@link
 *     #IS_ADDED}
 * @param gone ids that have left the input, as column {@code id}, if the input has a record of them
 * @param isComplete whether {@code gone} is all that has left the input
 * @param files files to check before they are read
 * @param fallback why all rows are compared although {@code --incremental} is set
 * @param release deletes the copy of the record from which the rows are read, if there is one
 */
public record Changes(
    Manifest.Comparison.By by,
    Dataset<Row> rows,
    Optional<Dataset<Row>> gone,
    boolean isComplete,
    List<Path> files,
    Optional<String> fallback,
    Runnable release)
    implements AutoCloseable {
  /** Column that is true for a row whose id the rest of the input must not have. */
  static final String IS_ADDED = "_embark_added";

  static Changes all(Dataset<Row> rows, List<Path> files, Optional<String> fallback) {
    return new Changes(
        Manifest.Comparison.By.ALL_ROWS, rows, Optional.empty(), false, files, fallback, () -> {});
  }

  /** Returns whether these are all rows of the input. */
  boolean areAll() {
    return by == Manifest.Comparison.By.ALL_ROWS;
  }

  /** Returns the same changes with transformed rows. */
  public Changes with(UnaryOperator<Dataset<Row>> transformation) {
    return new Changes(by, transformation.apply(rows), gone, isComplete, files, fallback, release);
  }

  /**
   * Returns the comparison for the report.
   *
   * @param counts its result
   */
  public Manifest.Comparison comparison(Manifest.Counts counts) {
    return new Manifest.Comparison(
        by,
        counts.added() + counts.changed() + counts.updated() + counts.skipped(),
        fallback.orElse(null));
  }

  /** Returns the rows with the columns of the input only. */
  public Dataset<Row> plain() {
    return rows.drop(IS_ADDED);
  }

  @Override
  public void close() {
    release.run();
  }
}
