package dev.embark.job.changes;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import dev.embark.job.cli.JobSpec;
import dev.embark.job.files.ScratchFiles;
import dev.embark.job.input.RunInput;
import dev.embark.job.input.UniqueIds;
import dev.embark.job.state.Columns;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.StateFolder;
import dev.embark.job.state.Wave;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/**
 * Compares rows of an input with the output by id and SHA-256 of the text, and copies the new and
 * changed ones. Writes the ids of the output that are no longer in the input to {@code
 * _embark/deleted}.
 */
public final class RowComparison {
  private static final String DELETED = "deleted";

  private final SparkSession spark;
  private final StateFolder state;
  private final RunInput copy;
  private final ProcessedRows known;
  private final UniqueIds ids;
  private final Column id;

  public RowComparison(
      SparkSession spark, JobSpec spec, StateFolder state, RunInput copy, ProcessedRows known) {
    this.spark = spark;
    this.state = state;
    this.copy = copy;
    this.known = known;
    this.ids = new UniqueIds(spec);
    this.id = Columns.quoted(spec.idColumn().orElseThrow());
  }

  /**
   * Compares rows and copies the new and changed ones.
   *
   * @param changes rows to compare, with the columns of the copy
   * @param whole all rows of the input
   * @param last the last complete run
   * @throws dev.embark.job.cli.UserError if the input is not readable or its ids are NULL or not
   *     unique
   */
  public RunInput.Cut cut(Changes changes, Dataset<Row> whole, Manifest.Run last) {
    return changes.areAll() ? all(changes.rows()) : changed(changes, whole, last);
  }

  /** Compares all rows. Reads the input once and copies no row that is in the output. */
  private RunInput.Cut all(Dataset<Row> rows) {
    Dataset<Row> compared = copy.copied(withoutSame(known.compared(rows)), "compared");
    ids.check(compared);
    return cut(compared, writeDeleted(known.without(compared.select(id))));
  }

  /** Empties the other columns of rows that are only counted. */
  private Dataset<Row> withoutSame(Dataset<Row> compared) {
    Column isToDo = col(ProcessedRows.STATUS).notEqual(ProcessedRows.SAME);
    List<String> kept = List.of(compared.select(id).columns()[0], ProcessedRows.STATUS);
    return compared.select(
        Arrays.stream(compared.columns())
            .map(
                name ->
                    kept.stream().anyMatch(name::equalsIgnoreCase)
                        ? Columns.quoted(name)
                        : when(isToDo, Columns.quoted(name)).as(name))
            .toArray(Column[]::new));
  }

  /**
   * Compares changed rows. Reads the ids of the whole input only if the changes leave open which
   * ids have left it, or whether an added row has the id of another one.
   */
  private RunInput.Cut changed(Changes changes, Dataset<Row> whole, Manifest.Run last) {
    Dataset<Row> read = copy.copied(changes.rows(), "read");
    ids.check(read);
    Dataset<Row> compared = copy.write(known.of(read).compared(read), "compared");
    boolean isRepeated =
        !compared
            .where(Changes.IS_ADDED)
            .where(col(ProcessedRows.STATUS).notEqual(ProcessedRows.NEW))
            .isEmpty();
    Dataset<Row> rows = compared.drop(Changes.IS_ADDED);
    if (isRepeated || !changes.isComplete()) {
      Dataset<Row> all = copy.copied(whole.select(id), "ids");
      ids.check(all);
      return cut(rows, writeDeleted(known.without(all)));
    }
    return cut(rows, addDeleted(changes, read.select(id), last));
  }

  private RunInput.Cut cut(Dataset<Row> compared, long deleted) {
    Column status = col(ProcessedRows.STATUS);
    Row counts =
        compared
            .select(
                count(status.equalTo(ProcessedRows.NEW)),
                count(status.equalTo(ProcessedRows.CHANGED)),
                count(status.equalTo(ProcessedRows.SAME)),
                count(status.equalTo(ProcessedRows.UPDATED)))
            .head();
    List<Wave> parts =
        copy.parts(compared.where(status.notEqual(ProcessedRows.SAME)).drop(ProcessedRows.STATUS));
    return new RunInput.Cut(
        parts,
        new Manifest.Counts(
            counts.getLong(0), counts.getLong(1), counts.getLong(2), deleted, counts.getLong(3)));
  }

  private static Column count(Column condition) {
    return coalesce(sum(when(condition, lit(1L)).otherwise(lit(0L))), lit(0L));
  }

  private long writeDeleted(Dataset<Row> deleted) {
    Path path = state.path(DELETED);
    ScratchFiles.write(spark, deleted.write().format("parquet").mode(SaveMode.Overwrite), path);
    return spark.read().schema(deleted.schema()).parquet(path.toString()).count();
  }

  /** Adds the ids that have left the input to those of the last run. */
  private long addDeleted(Changes changes, Dataset<Row> read, Manifest.Run last) {
    if (changes.gone().isEmpty()) {
      return last.counts().deleted();
    }
    Dataset<Row> gone = known.among(changes.gone().get());
    Path before = state.path(DELETED);
    Dataset<Row> all =
        last.counts().deleted() == 0
            ? gone
            : gone.union(known.among(spark.read().parquet(before.toString()))).distinct();
    // A data set cannot be written to the files that it reads.
    Dataset<Row> now =
        all.join(
            read.toDF("_embark_read_id"), col("id").equalTo(col("_embark_read_id")), "left_anti");
    return writeDeleted(copy.write(now, DELETED));
  }
}
