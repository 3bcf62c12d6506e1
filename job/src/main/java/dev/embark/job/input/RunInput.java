package dev.embark.job.input;

import static org.apache.spark.sql.functions.input_file_name;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.files.ScratchFiles;
import dev.embark.job.state.Columns;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.StateFolder;
import dev.embark.job.state.Wave;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * A run's private copy of the rows to process, divided into waves.
 *
 * <p>The input is read once, into files of at most one wave's rows; a wave is a list of those
 * files. The content of a wave therefore stays fixed even if the input changes, disappears or is
 * read in another order.
 */
public final class RunInput {
  /** Column with the result that a row keeps; NULL for a row whose result is to be computed. */
  public static final String KEPT = "_embark_kept";

  private static final String INPUT = "input";
  private static final int MAX_FILES = 100_000;

  private final SparkSession spark;
  private final JobSpec spec;
  private final StateFolder state;
  private final Path folder;
  private final String text;
  private final UniqueIds ids;

  /**
   * @param folder folder of the run, which holds the copy in its subfolder {@code input}
   * @param text text column
   */
  public RunInput(SparkSession spark, JobSpec spec, StateFolder state, Path folder, String text) {
    this.spark = spark;
    this.spec = spec;
    this.state = state;
    this.folder = folder;
    this.text = text;
    this.ids = new UniqueIds(spec);
  }

  /** The waves of a run and the comparison of its input with the output. */
  public record Cut(List<Wave> waves, Manifest.Counts counts) {}

  /**
   * Copies all rows and divides them into waves.
   *
   * @throws UserError if the input is not readable or its ids are NULL or not unique
   */
  public Cut cut(Dataset<Row> rows) {
    Dataset<Row> copy = copied(rows, spec.dedupe() ? "read" : INPUT);
    ids.check(copy);
    PartitionValues.check(spec, copy);
    List<Wave> waves = grouped(spec.dedupe() ? write(textsTogether(copy), INPUT) : copy);
    long all = waves.stream().mapToLong(Wave::rows).sum();
    return new Cut(waves, new Manifest.Counts(all, 0, 0, 0, 0));
  }

  /** Copies rows and divides the copy into waves. */
  public List<Wave> waves(Dataset<Row> rows) {
    PartitionValues.check(spec, rows);
    return grouped(write(spec.dedupe() ? textsTogether(rows) : rows, INPUT));
  }

  /**
   * Writes rows of the input to a subfolder of the run and returns the copy.
   *
   * @throws UserError if the input is not readable
   */
  public Dataset<Row> copied(Dataset<Row> rows, String name) {
    try {
      return write(rows, name);
    } catch (Exception e) {
      throw new UserError(
          "Cannot copy %s to %s; check that both can be read and written (%s)"
              .formatted(spec.input(), state, Failures.sentence(e)),
          e);
    }
  }

  /** Writes rows to a subfolder of the run and returns them as written. */
  public Dataset<Row> write(Dataset<Row> rows, String name) {
    Path path = new Path(folder, name);
    ScratchFiles.write(
        spark,
        rows.write()
            .format("parquet")
            .option("maxRecordsPerFile", rowsPerWave())
            .mode(SaveMode.Overwrite),
        path);
    return spark.read().schema(rows.schema()).parquet(path.toString());
  }

  /**
   * Groups rows with the same text into one file and therefore into one wave. A file that would
   * exceed a wave is split, within at most one of its texts.
   */
  private Dataset<Row> textsTogether(Dataset<Row> rows) {
    long files = 1 + 2 * rows.count() / rowsPerWave();
    Column texts = Columns.quoted(text);
    return rows.repartition((int) Math.min(files, MAX_FILES), texts).sortWithinPartitions(texts);
  }

  /** Groups files by name order into waves; returns at least one wave. */
  private List<Wave> grouped(Dataset<Row> copy) {
    List<Row> files =
        copy.groupBy(input_file_name().as("file")).count().orderBy("file").collectAsList();
    List<Wave> waves = new ArrayList<>();
    List<String> names = new ArrayList<>();
    long rows = 0;
    for (Row file : files) {
      if (rows > 0 && rows + file.getLong(1) > rowsPerWave()) {
        waves.add(new Wave(waves.size(), rows, List.copyOf(names)));
        names.clear();
        rows = 0;
      }
      names.add(new Path(file.getString(0)).getName());
      rows += file.getLong(1);
    }
    if (rows > 0 || waves.isEmpty()) {
      waves.add(new Wave(waves.size(), rows, List.copyOf(names)));
    }
    return waves;
  }

  private long rowsPerWave() {
    return spec.rowsPerWave()
        .orElse((long) spec.function().rowsPerCore() * spark.sparkContext().defaultParallelism());
  }

  /** Reads the ids of the rows of all waves, as column {@code id}. */
  public static Dataset<Row> ids(SparkSession spark, Path runFolder, String idColumn) {
    return spark
        .read()
        .parquet(new Path(runFolder, INPUT).toString())
        .select(Columns.quoted(idColumn).as("id"));
  }

  /** Reads the rows of a wave. */
  public static Dataset<Row> read(SparkSession spark, Path runFolder, Wave wave) {
    return readFiles(spark.read(), runFolder, wave.files());
  }

  /**
   * Reads the rows of a wave.
   *
   * @param schema schema of another wave of the run, which saves opening a file to find it
   */
  public static Dataset<Row> read(
      SparkSession spark, Path runFolder, Wave wave, StructType schema) {
    return readFiles(spark.read().schema(schema), runFolder, wave.files());
  }

  /** Reads the rows of several waves. */
  public static Dataset<Row> read(SparkSession spark, Path runFolder, List<Wave> waves) {
    Dataset<Row> rows =
        readFiles(
            spark.read(),
            runFolder,
            waves.stream().flatMap(wave -> wave.files().stream()).toList());
    return waves.isEmpty() ? rows.limit(0) : rows;
  }

  private static Dataset<Row> readFiles(
      DataFrameReader reader, Path runFolder, List<String> files) {
    Path input = new Path(runFolder, INPUT);
    // The copy of an empty input is a file without rows, which is in no wave but has the schema.
    String[] paths =
        files.isEmpty()
            ? new String[] {input.toString()}
            : files.stream().map(f -> new Path(input, f).toString()).toArray(String[]::new);
    return reader.parquet(paths);
  }
}
