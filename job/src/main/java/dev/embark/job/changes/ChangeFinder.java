package dev.embark.job.changes;

import static org.apache.spark.sql.functions.lit;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.Secrets;
import dev.embark.job.input.InputTable;
import dev.embark.job.input.Source;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.Paths;
import dev.embark.job.state.StateFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Finds the rows of an input that may have changed since the last run, from what the input records
 * itself: the sizes and times of its files, or the versions of its table.
 */
public final class ChangeFinder {
  private final SparkSession spark;
  private final JobSpec spec;
  private final Source.Input input;
  private final FileList files;

  /** Lists the files of an opened input; their rows must be read afterwards. */
  public ChangeFinder(SparkSession spark, JobSpec spec, Source.Input input) {
    this.spark = spark;
    this.spec = spec;
    this.input = input;
    this.files = isOfFiles() ? FileList.of(spark, Paths.files(input.rows())) : FileList.NONE;
  }

  private boolean isOfFiles() {
    return spec.idColumn().isPresent() && input.isOfFiles();
  }

  /**
   * Returns the rows to compare with the output.
   *
   * @param last the last complete run into the output
   * @param differences arguments in which that run differs from this one
   */
  public Changes find(StateFolder state, Manifest.Run last, List<String> differences) {
    if (!spec.outputSpec().isIncremental()) {
      return all(Optional.empty());
    }
    try {
      return changes(state, last, differences);
    } catch (Unknown e) {
      return all(Optional.of(Secrets.redacted(e.getMessage())));
    }
  }

  private Changes all(Optional<String> fallback) {
    return Changes.all(input.rows(), Paths.files(input.rows()), fallback);
  }

  /** The input has no usable record of its changes. */
  private static final class Unknown extends Exception {
    private static final long serialVersionUID = 1;

    Unknown(String reason) {
      super(reason);
    }
  }

  private Changes changes(StateFolder state, Manifest.Run last, List<String> differences)
      throws Unknown {
    if (spec.retryQuarantined()) {
      throw new Unknown("--retry-quarantined compares all rows");
    }
    Manifest.Position position = last.upkeep() == null ? null : last.upkeep().position();
    if (position == null) {
      throw new Unknown("the output has no record of what its last run read");
    }
    if (!differences.isEmpty()) {
      throw new Unknown(
          "the last run into the output had another " + String.join(", ", differences));
    }
    if (input.table().isPresent()) {
      return ofTable(input.table().get(), position);
    }
    if (files.isEmpty()) {
      throw new Unknown(spec.input() + " is neither files nor a Delta or Iceberg table");
    }
    return ofFiles(state, position);
  }

  private Changes ofTable(InputTable table, Manifest.Position position) throws Unknown {
    if (!position.format().equals(table.format()) || !position.table().equals(table.id())) {
      throw new Unknown(spec.input() + " is another table than the last run read");
    }
    try {
      return new TableChanges(spark, input, table, spec.idColumn().orElseThrow())
          .since(Long.parseLong(position.at()));
    } catch (Exception e) {
      throw new Unknown(
          "%s has no record of its changes since the last run (%s)"
              .formatted(spec.input(), Failures.sentence(e)));
    }
  }

  private Changes ofFiles(StateFolder state, Manifest.Position position) throws Unknown {
    Set<String> known;
    try {
      known = FileList.read(state, position);
    } catch (IOException e) {
      throw new Unknown("the list of files is missing (%s)".formatted(Failures.sentence(e)));
    }
    List<Path> same = files.among(known);
    if (same.isEmpty()) {
      throw new Unknown("no file of %s is as the last run read it".formatted(spec.input()));
    }
    List<Path> changed = files.without(known);
    // Spark takes the columns of one file for all, so one of the others is compared with them.
    List<Path> checked = new ArrayList<>(changed);
    checked.add(same.get(0));
    return new Changes(
        Manifest.Comparison.By.CHANGED_FILES,
        rowsOf(changed).withColumn(Changes.IS_ADDED, lit(true)),
        Optional.empty(),
        files.hasAll(known),
        changed.isEmpty() ? List.of() : checked,
        Optional.empty(),
        () -> {});
  }

  /** Spark opens only the files that this filter on a metadata column selects. */
  private Dataset<Row> rowsOf(List<Path> some) {
    Object[] paths = some.stream().map(ChangeFinder::asSparkNamesIt).toArray();
    Column path = input.rows().metadataColumn("_metadata").getField("file_path");
    return input.rows().where(path.isin(paths));
  }

  /**
   * Returns the encoded path as Hadoop would write it, which turns {@code file:///} into {@code
   * file:/}.
   */
  private static String asSparkNamesIt(Path path) {
    return new Path(path.toUri().toString()).toString();
  }

  /**
   * Records the state of the input for the next run; empty if it has no record of its changes.
   *
   * @param runId id of the run that reads it
   */
  public Optional<Manifest.Position> record(StateFolder state, String runId) {
    if (input.table().isPresent()) {
      InputTable table = input.table().get();
      return Optional.of(
          new Manifest.Position(table.format(), table.id(), Long.toString(table.version())));
    }
    return files.isEmpty() ? Optional.empty() : Optional.of(files.write(state, runId));
  }

  /** Deletes the records of all runs but one, which is complete. */
  public static void keepOnly(StateFolder state, Manifest.Run run) {
    FileList.keepOnly(state, run);
  }
}
