package dev.embark.job.input;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.input_file_name;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.state.Columns;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.StateFolder;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/**
 * A run's copy of the rows that are to be embedded, cut into waves.
 *
 * <p>The input is read once, into files of at most a wave's rows; a wave is a list of those files.
 * So what is in which wave stays as it is, though the input may change, vanish, or come in another
 * order when it is read again.
 */
public final class RunInput {
  private static final String INPUT = "input";
  private static final int MAX_FILES = 100_000;

  private final SparkSession spark;
  private final JobSpec spec;
  private final StateFolder state;
  private final Path folder;
  private final String text;
  private final UniqueIds ids;

  /**
   * @param folder of the run; the copy is its folder {@code input}
   * @param text the column to embed
   */
  public RunInput(SparkSession spark, JobSpec spec, StateFolder state, Path folder, String text) {
    this.spark = spark;
    this.spec = spec;
    this.state = state;
    this.folder = folder;
    this.text = text;
    this.ids = new UniqueIds(spec);
  }

  /** Waves, and how their rows compare with the output. */
  public record Cut(List<Manifest.Wave> waves, Manifest.Counts counts) {}

  /**
   * Copies all rows.
   *
   * @throws UserError if the input cannot be read or has ids that are not one
   */
  public Cut cut(Dataset<Row> rows) {
    Dataset<Row> copy = copied(rows, spec.dedupe() ? "read" : INPUT);
    ids.check(copy);
    PartitionValues.check(spec, copy);
    List<Manifest.Wave> waves = waves(spec.dedupe() ? write(textsTogether(copy), INPUT) : copy);
    long all = waves.stream().mapToLong(Manifest.Wave::rows).sum();
    return new Cut(waves, new Manifest.Counts(all, 0, 0, 0));
  }

  /**
   * Copies rows that the output does not have, and writes which ids only the output has to {@code
   * _embark/deleted}.
   */
  public Cut cutNew(Dataset<Row> rows, ProcessedRows known) {
    Dataset<Row> read = copied(rows, "read");
    ids.check(read);
    Dataset<Row> compared = write(known.missingOf(read), "compared");
    long replaced = compared.where(col(ProcessedRows.KNOWN_ID).isNotNull()).count();
    Dataset<Row> kept = compared.drop(ProcessedRows.KNOWN_ID);
    PartitionValues.check(spec, kept);
    List<Manifest.Wave> waves = waves(write(spec.dedupe() ? textsTogether(kept) : kept, INPUT));
    long embedded = waves.stream().mapToLong(Manifest.Wave::rows).sum();
    return new Cut(
        waves,
        new Manifest.Counts(
            embedded - replaced,
            replaced,
            read.count() - embedded,
            writeDeleted(known.deletedFrom(read))));
  }

  private long writeDeleted(Dataset<Row> deleted) {
    String path = state.path("deleted").toString();
    deleted.write().mode(SaveMode.Overwrite).parquet(path);
    return spark.read().parquet(path).count();
  }

  private Dataset<Row> copied(Dataset<Row> rows, String name) {
    try {
      return write(rows, name);
    } catch (Exception e) {
      throw new UserError(
          "Cannot copy %s to %s; check that both can be read and written (%s)"
              .formatted(spec.input(), state, Failures.sentence(e)),
          e);
    }
  }

  private Dataset<Row> write(Dataset<Row> rows, String name) {
    String path = new Path(folder, name).toString();
    rows.write().option("maxRecordsPerFile", rowsPerWave()).mode(SaveMode.Overwrite).parquet(path);
    return spark.read().schema(rows.schema()).parquet(path);
  }

  /**
   * Puts rows of one text into one file, so into one wave. A file that would have more rows than a
   * wave is cut, at one of its texts.
   */
  private Dataset<Row> textsTogether(Dataset<Row> rows) {
    long files = 1 + 2 * rows.count() / rowsPerWave();
    Column texts = Columns.quoted(text);
    return rows.repartition((int) Math.min(files, MAX_FILES), texts).sortWithinPartitions(texts);
  }

  /** Groups files, in the order of their names, up to a wave's rows; at least one wave. */
  private List<Manifest.Wave> waves(Dataset<Row> copy) {
    List<Row> files =
        copy.groupBy(input_file_name().as("file")).count().orderBy("file").collectAsList();
    List<Manifest.Wave> waves = new ArrayList<>();
    List<String> names = new ArrayList<>();
    long rows = 0;
    for (Row file : files) {
      if (rows > 0 && rows + file.getLong(1) > rowsPerWave()) {
        waves.add(Manifest.Wave.planned(waves.size(), rows, List.copyOf(names)));
        names.clear();
        rows = 0;
      }
      names.add(new Path(file.getString(0)).getName());
      rows += file.getLong(1);
    }
    if (rows > 0 || waves.isEmpty()) {
      waves.add(Manifest.Wave.planned(waves.size(), rows, List.copyOf(names)));
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
  public static Dataset<Row> read(SparkSession spark, Path runFolder, Manifest.Wave wave) {
    return read(spark, runFolder, wave.files());
  }

  /** Reads the rows of all waves that are not committed. */
  public static Dataset<Row> readLeft(SparkSession spark, Path runFolder, Manifest.Run run) {
    List<Manifest.Wave> left =
        run.waves().stream().filter(w -> w.state() != Manifest.State.COMMITTED).toList();
    Dataset<Row> rows =
        read(spark, runFolder, left.stream().flatMap(wave -> wave.files().stream()).toList());
    return left.isEmpty() ? rows.limit(0) : rows;
  }

  private static Dataset<Row> read(SparkSession spark, Path runFolder, List<String> files) {
    Path input = new Path(runFolder, INPUT);
    // An empty input has a file without rows, which is in no wave and knows the columns.
    String[] paths =
        files.isEmpty()
            ? new String[] {input.toString()}
            : files.stream().map(f -> new Path(input, f).toString()).toArray(String[]::new);
    return spark.read().parquet(paths);
  }
}
