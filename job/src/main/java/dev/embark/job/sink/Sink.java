package dev.embark.job.sink;

import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.StateFolder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** Where a run's waves end up: files, or a table. */
public interface Sink {

  /**
   * A wave on its way into the output.
   *
   * @param run it belongs to
   * @param wave its number
   * @param rows as they are to be in the output, to be read from {@code folder}
   * @param textColumn whose change makes other columns of embeddings stale
   * @param otherEmbeddings those columns
   * @param folder of the wave, beside the output and unseen by its readers
   */
  record Commit(
      Manifest.Run run,
      int wave,
      Dataset<Row> rows,
      String textColumn,
      List<String> otherEmbeddings,
      Path folder) {
    /** Names the wave in the history of a table. */
    String tag() {
      return run.id() + "/" + wave;
    }

    /** Whether it replaces all rows of the output. */
    boolean replacesAll() {
      return run.kind() == Manifest.Kind.REPLACE && wave == 0;
    }

    /** Whether the output is the same if it is committed twice. */
    boolean isIdempotent() {
      return replacesAll() || run.kind() == Manifest.Kind.MERGE;
    }
  }

  /**
   * Makes the sink that a spec asks for.
   *
   * @throws UserError if a run would replace what a symbolic link leads to
   */
  static Sink of(SparkSession spark, JobSpec spec) {
    return switch (spec.outputSpec().format()) {
      case DELTA -> new DeltaSink(spark, spec);
      case ICEBERG -> new IcebergSink(spark, spec);
      default -> FileSink.of(spark, spec);
    };
  }

  /** Returns the output for reports: a path with its file system, or a table's name. */
  String location();

  /** Whether there is anything. */
  boolean exists();

  /** Returns its state folder, whether that exists or not; empty for a table that does not. */
  Optional<StateFolder> state();

  /**
   * Returns options with which another output takes the columns that this one does, if it is there.
   */
  default Map<String, String> inheritedOptions() {
    return Map.of();
  }

  /** Makes the output if it has to be there before the first wave is, and its state folder. */
  StateFolder open(StructType schema);

  /** Returns the newest row of each id; only if it {@link #exists}, as a run wrote it. */
  Dataset<Row> read(Manifest.Layout layout);

  /** Adds a column of embeddings if it is not there. */
  void addColumn(String name, String type);

  /** Returns columns that this sink adds to rows; may be empty. */
  List<String> ownColumns();

  /**
   * Whether anything of an unfinished run is in the output, or may be: if not, the output is as if
   * the run had never been.
   */
  boolean holdsAnyOf(Manifest.Run run);

  /** Writes the wave where no reader sees it; begins anew if repeated. */
  void prepare(Commit commit);

  /**
   * Puts a prepared wave into the output, once however often it is called: finds out first whether
   * an interrupted call did.
   */
  void publish(Commit commit);

  /** Called when all waves are in the output. */
  void finish();
}
