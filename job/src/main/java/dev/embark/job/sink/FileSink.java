package dev.embark.job.sink;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.rank;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.OutputSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.files.ObjectStores;
import dev.embark.job.files.StagedFiles;
import dev.embark.job.state.Columns;
import dev.embark.job.state.FunctionCall;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.Paths;
import dev.embark.job.state.StateFolder;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.types.StructType;

/**
 * Writes files. A wave is first written where no reader sees it: below {@code _embark/}, or on an
 * object store as open uploads. Once the log records it as ready, its files appear in the output
 * one by one, renamed or with their uploads completed. Every file is complete when it appears, and
 * an interrupted commit resumes with the remaining files.
 *
 * <p>Rows in files cannot be replaced. With an id column, rows therefore get the column {@link
 * #VERSION_COLUMN}, the number of the run that wrote them: among rows with the same id, the highest
 * is current.
 */
final class FileSink implements Sink {
  static final String VERSION_COLUMN = "embedding_version";

  /**
   * Zone of timestamps in folder names, where every instant has a name of its own, and in JSON, in
   * which a reader without a schema compares texts.
   */
  private static final String UTC = "UTC";

  /** Writer option that takes precedence over the session conf of the same meaning. */
  static final String PARTITION_OVERWRITE = "partitionOverwriteMode";

  private final SparkSession spark;
  private final JobSpec spec;
  private final OutputSpec output;
  private final Path root;
  private final StateFolder state;

  FileSink(SparkSession spark, JobSpec spec) {
    this.spark = spark;
    this.spec = spec;
    this.output = spec.outputSpec();
    this.root = new Path(Paths.qualified(spark, output.output()));
    this.state = new StateFolder(spark, root.toString());
  }

  /**
   * Creates the sink of a spec.
   *
   * @throws UserError if a run could replace the target of a symbolic link
   */
  static FileSink of(SparkSession spark, JobSpec spec) {
    FileSink sink = new FileSink(spark, spec);
    Optional<String> target = Paths.linkTarget(sink.root);
    if (target.isPresent() && spec.outputSpec().mayReplace()) {
      throw new UserError(
          "--output %s is a symbolic link to %s, and the run might delete what is there; name that folder itself as --output"
              .formatted(spec.output(), target.get()));
    }
    return sink;
  }

  @Override
  public String location() {
    return root.toString();
  }

  @Override
  public boolean exists() {
    try {
      if (!state.fileSystem().exists(root)) {
        return false;
      }
      FileStatus[] found = state.fileSystem().listStatus(root);
      return List.of(found).stream()
          .anyMatch(status -> !status.getPath().getName().equals(StateFolder.NAME));
    } catch (IOException e) {
      throw new UserError("Cannot reach " + root + ": " + Failures.sentence(e), e);
    }
  }

  @Override
  public Optional<StateFolder> state() {
    return Optional.of(state);
  }

  @Override
  public StateFolder open(StructType schema) {
    return state;
  }

  @Override
  public Dataset<Row> read(Manifest.Layout layout) {
    if (!layout.ownColumns().contains(VERSION_COLUMN)) {
      throw new UserError(
          "%s was written without --id-column, so its rows have no %s to identify the newest row of an id; rewrite it with --save-mode overwrite, or continue without --id-column"
              .formatted(root, VERSION_COLUMN));
    }
    // Without files, schema inference fails; from JSON or partition folders it would guess types.
    StructType schema = layout.schema().add(VERSION_COLUMN, "int");
    Dataset<Row> all =
        spark
            .read()
            .format(output.format().toString())
            .option("timeZone", UTC)
            .schema(schema)
            .load(root.toString());
    String age = "_embark_rank";
    return all.withColumn(
            age,
            rank() // all rows of its newest run: a text may have several chunks
                .over(
                    Window.partitionBy(Columns.quoted(spec.idColumn().get()))
                        .orderBy(col(VERSION_COLUMN).desc())))
        .where(col(age).equalTo(1))
        .drop(age);
  }

  @Override
  public void addColumn(String name, String type) {
    throw new UnsupportedOperationException("OutputSpec refuses it: files cannot be changed");
  }

  @Override
  public List<String> ownColumns() {
    return spec.idColumn().isPresent() ? List.of(VERSION_COLUMN) : List.of();
  }

  @Override
  public boolean holdsAnyOf(Manifest.Run run) {
    // A replacing wave deletes existing files before its own appear.
    return run.hasCommitted()
        || (run.ready().isPresent()
            && (run.kind() == Manifest.Kind.REPLACE || hasFileOf(run, root)));
  }

  private boolean hasFileOf(Manifest.Run run, Path folder) {
    try {
      for (FileStatus status : state.fileSystem().listStatus(folder)) {
        String name = status.getPath().getName();
        boolean isFound =
            status.isDirectory()
                ? !name.equals(StateFolder.NAME) && hasFileOf(run, status.getPath())
                : name.startsWith(prefix(run));
        if (isFound) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw new UserError("Cannot reach " + folder + ": " + Failures.sentence(e), e);
    }
  }

  /** Returns the common prefix of the names of a run's files. */
  private static String prefix(Manifest.Run run) {
    return run.id() + "-";
  }

  @Override
  public boolean readsRowsAgain() {
    try {
      return !ObjectStores.hasUploads(state.fileSystem(), root);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  @Override
  public void prepare(Commit commit) {
    Dataset<Row> rows = commit.rows();
    if (spec.idColumn().isPresent()) {
      rows = rows.withColumn(VERSION_COLUMN, lit(commit.run().number()));
    }
    try {
      staged(commit)
          .write(
              spark,
              rows.write()
                  .format(output.format().toString())
                  .option("timeZone", UTC)
                  .options(formatOptions())
                  .options(output.options())
                  .partitionBy(output.partitionBy().toArray(String[]::new))
                  .option(PARTITION_OVERWRITE, "static"));
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private Map<String, String> formatOptions() {
    return switch (output.format()) {
      // Spark's defaults drop microseconds, and the seconds of historical zone offsets.
      case JSON ->
          Map.of(
              "timestampFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXXXX",
              "timestampNTZFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSSSS");
      case PARQUET -> parquetOptions();
      default -> Map.of();
    };
  }

  /** With repeated texts, vectors repeat as well, and a dictionary may halve the size. */
  private Map<String, String> parquetOptions() {
    return spec.dedupe()
        ? Map.of()
        : FunctionCall.of(spec).parquetOptions(spark, spec.resultColumn());
  }

  @Override
  public boolean publish(Commit commit) {
    if (commit.replacesAll()) {
      // Later waves of the run are kept, because another process may have taken over and be ahead.
      deleteAllBut(prefix(commit.run()));
    }
    try {
      return staged(commit).publish();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  @Override
  public void withdraw(Commit commit) {
    try {
      staged(commit).withdraw();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private StagedFiles staged(Commit commit) {
    return new StagedFiles(
        state.fileSystem(),
        new Path(commit.folder(), "output"),
        root,
        prefix(commit.run()) + commit.wave() + "-");
  }

  private UserError unwritable(IOException e) {
    return new UserError("Cannot write to %s (%s)".formatted(root, Failures.sentence(e)), e);
  }

  private void deleteAllBut(String prefix) {
    try {
      deleteAllBut(prefix, root);
    } catch (IOException e) {
      throw new UserError("Cannot replace " + root + ": " + Failures.sentence(e), e);
    }
  }

  private boolean deleteAllBut(String prefix, Path folder) throws IOException {
    boolean empty = true;
    for (FileStatus status : state.fileSystem().listStatus(folder)) {
      String name = status.getPath().getName();
      boolean kept = name.startsWith(prefix) || name.equals(StateFolder.NAME);
      // For a symbolic link, only the link itself is part of the output.
      boolean isFolder = status.isDirectory() && Paths.linkTarget(status.getPath()).isEmpty();
      if (!kept && isFolder) {
        kept = !deleteAllBut(prefix, status.getPath());
      }
      if (!kept) {
        state.delete(status.getPath());
      }
      empty &= !kept;
    }
    return empty;
  }

  @Override
  public void finish() {
    StagedFiles.abortUploads(state.fileSystem(), root);
    try {
      ObjectStores.create(state.fileSystem(), new Path(root, "_SUCCESS")).close();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }
}
