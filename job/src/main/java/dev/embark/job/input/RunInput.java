package dev.embark.job.input;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.input_file_name;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.octet_length;
import static org.apache.spark.sql.functions.sum;

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
 * A run's private copy of the rows to process, divided into parts.
 *
 * <p>The input is read once, into files that do not exceed a part; a part is a list of those files.
 * The content of a part therefore stays fixed even if the input changes, disappears or is read in
 * another order.
 */
public final class RunInput {
  /** Column with the result that a row keeps; NULL for a row whose result is to be computed. */
  public static final String KEPT = "_embark_kept";

  private static final String INPUT = "input";
  private static final int MAX_FILES = 100_000;

  private final SparkSession spark;
  private final JobSpec spec;
  private final PartSize size;
  private final StateFolder state;
  private final Path folder;
  private final String text;
  private final UniqueIds ids;

  /**
   * @param size maximum size of a part
   * @param folder folder of the run, which holds the copy in its subfolder {@code input}
   * @param text text column
   */
  public RunInput(
      SparkSession spark,
      JobSpec spec,
      PartSize size,
      StateFolder state,
      Path folder,
      String text) {
    this.spark = spark;
    this.spec = spec;
    this.size = size;
    this.state = state;
    this.folder = folder;
    this.text = text;
    this.ids = new UniqueIds(spec);
  }

  /** The parts of a run's input and the comparison of its input with the output. */
  public record Cut(List<Wave> parts, Manifest.Counts counts) {}

  /**
   * Copies all rows and divides them into parts.
   *
   * @throws UserError if the input is not readable or its ids are NULL or not unique
   */
  public Cut cut(Dataset<Row> rows) {
    Dataset<Row> copy = copied(rows, spec.dedupe() ? "read" : INPUT);
    ids.check(copy);
    PartitionValues.check(spec, copy);
    List<Wave> parts = grouped(spec.dedupe() ? write(textsTogether(copy), INPUT) : copy);
    long all = parts.stream().mapToLong(Wave::rows).sum();
    return new Cut(parts, new Manifest.Counts(all, 0, 0, 0, 0));
  }

  /** Copies rows and divides the copy into parts. */
  public List<Wave> parts(Dataset<Row> rows) {
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
    write(rows, path, size.rows(), SaveMode.Overwrite);
    return spark.read().schema(rows.schema()).parquet(path.toString());
  }

  private void write(Dataset<Row> rows, Path path, long rowsPerFile, SaveMode mode) {
    ScratchFiles.write(
        spark,
        rows.write().format("parquet").option("maxRecordsPerFile", rowsPerFile).mode(mode),
        path);
  }

  /**
   * Groups rows with the same text into one file and therefore into one part. A file that would
   * exceed a part is split, within at most one of its texts.
   */
  private Dataset<Row> textsTogether(Dataset<Row> rows) {
    long files = 1 + 2 * rows.count() / size.rows();
    Column texts = Columns.quoted(text);
    return rows.repartition((int) Math.min(files, MAX_FILES), texts).sortWithinPartitions(texts);
  }

  /** Groups files by name order into parts; returns at least one part. */
  private List<Wave> grouped(Dataset<Row> copy) {
    List<CopiedFile> files = files(copy);
    List<CopiedFile> large = files.stream().filter(this::isTooLarge).toList();
    if (!large.isEmpty()) {
      split(large, copy.schema());
      files = files(spark.read().schema(copy.schema()).parquet(input(folder).toString()));
    }
    List<Wave> parts = new ArrayList<>();
    List<String> names = new ArrayList<>();
    long rows = 0;
    long bytes = 0;
    for (CopiedFile file : files) {
      if (rows > 0 && (rows + file.rows() > size.rows() || bytes + file.bytes() > size.bytes())) {
        parts.add(new Wave(parts.size(), rows, List.copyOf(names)));
        names.clear();
        rows = 0;
        bytes = 0;
      }
      names.add(file.path().getName());
      rows += file.rows();
      bytes += file.bytes();
    }
    if (rows > 0 || parts.isEmpty()) {
      parts.add(new Wave(parts.size(), rows, List.copyOf(names)));
    }
    return parts;
  }

  /** A file of the copy, with its rows and the bytes of their texts if these are limited. */
  private record CopiedFile(Path path, long rows, long bytes) {}

  private List<CopiedFile> files(Dataset<Row> copy) {
    Column bytes = size.limitsBytes() ? sum(octet_length(Columns.quoted(text))) : lit(0L);
    return copy
        .groupBy(input_file_name().as("file"))
        .agg(count(lit(1)), coalesce(bytes, lit(0L)))
        .orderBy("file")
        .collectAsList()
        .stream()
        .map(row -> new CopiedFile(new Path(row.getString(0)), row.getLong(1), row.getLong(2)))
        .toList();
  }

  private boolean isTooLarge(CopiedFile file) {
    return file.rows() > 1 && file.bytes() > size.bytes();
  }

  /** Replaces files of long texts, whose size only the copy shows, by smaller ones. */
  private void split(List<CopiedFile> large, StructType schema) {
    long rows = large.stream().mapToLong(this::fittingRows).min().orElseThrow();
    String[] paths = large.stream().map(file -> file.path().toString()).toArray(String[]::new);
    write(spark.read().schema(schema).parquet(paths), input(folder), rows, SaveMode.Append);
    large.forEach(file -> state.delete(file.path()));
  }

  private long fittingRows(CopiedFile file) {
    return Math.max(1, (long) ((double) size.bytes() * file.rows() / file.bytes()));
  }

  private static Path input(Path runFolder) {
    return new Path(runFolder, INPUT);
  }

  /** Reads the ids of the rows of all parts, as column {@code id}. */
  public static Dataset<Row> ids(SparkSession spark, Path runFolder, String idColumn) {
    return spark
        .read()
        .parquet(input(runFolder).toString())
        .select(Columns.quoted(idColumn).as("id"));
  }

  /** Reads the rows of a wave or part. */
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

  /** Reads the rows of several waves or parts. */
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
    Path input = input(runFolder);
    // The copy of an empty input is a file without rows, which is in no part but has the schema.
    String[] paths =
        files.isEmpty()
            ? new String[] {input.toString()}
            : files.stream().map(f -> new Path(input, f).toString()).toArray(String[]::new);
    return reader.parquet(paths);
  }
}
