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

/** Destination of a run's waves: files or a table. */
public interface Sink {

  /**
   * A prepared wave to be published in the output.
   *
   * @param run run of the wave
   * @param wave number of the wave
   * @param rows rows in the layout of the output; null at {@link Sink#publish} if the sink does not
   *     {@link Sink#readsRowsAgain}
   * @param textColumn text column, whose change makes the other result columns stale
   * @param otherEmbeddings names of the other result columns
   * @param folder folder of the wave, hidden from readers of the output
   */
  record Commit(
      Manifest.Run run,
      int wave,
      Dataset<Row> rows,
      String textColumn,
      List<String> otherEmbeddings,
      Path folder) {
    /** Returns the tag of the wave in a table's history. */
    String tag() {
      return run.id() + "/" + wave;
    }

    /** Returns whether the commit replaces all rows of the output. */
    boolean replacesAll() {
      return run.kind() == Manifest.Kind.REPLACE && wave == 0;
    }

    /** Returns whether committing twice leaves the output unchanged. */
    boolean isIdempotent() {
      return replacesAll() || run.kind() == Manifest.Kind.MERGE;
    }
  }

  /**
   * Creates the sink of a spec.
   *
   * @throws UserError if a run could replace the target of a symbolic link, or if this Spark does
   *     not have the format of a table
   */
  static Sink of(SparkSession spark, JobSpec spec) {
    if (spec.outputSpec().format().isTable()) {
      TableFormat.check(spark, spec.outputSpec());
    }
    return switch (spec.outputSpec().format()) {
      case DELTA -> new DeltaSink(spark, spec);
      case ICEBERG -> new IcebergSink(spark, spec);
      default -> FileSink.of(spark, spec);
    };
  }

  /** Returns the name of the output: a path with its file system, or a table name. */
  String location();

  /** Returns whether the output contains any data. */
  boolean exists();

  /** Returns the state folder, which need not exist; empty if the table does not exist. */
  Optional<StateFolder> state();

  /** Returns writer options of an existing output that decide which columns its format accepts. */
  default Map<String, String> inheritedOptions() {
    return Map.of();
  }

  /**
   * Creates the output if the first wave requires it; returns the state folder, which need not
   * exist.
   */
  StateFolder open(StructType schema);

  /**
   * Returns why an existing output does not take rows with these columns; empty if it does, or if
   * nothing is known of it.
   */
  default Optional<String> refusal(StructType columns) {
    return Optional.empty();
  }

  /** Returns the columns of an existing table that a run keeps; empty for files. */
  default StructType columns() {
    return new StructType();
  }

  /** Returns the rules that an existing output imposes on the values of its rows. */
  default List<Rule> rules() {
    return List.of();
  }

  /**
   * A rule of a table.
   *
   * @param name the rule as its owner would call it
   * @param violation SQL condition over the table's columns, true for a row that the table rejects
   */
  record Rule(String name, String violation) {}

  /** Removes an output that {@link #open} has created; a no-op if it created none. */
  default void discard() {}

  /**
   * Returns the newest row of each id. The output must {@link #exists} and have been written by a
   * run.
   */
  Dataset<Row> read(Manifest.Layout layout);

  /** Adds a result column if it does not exist. */
  void addColumn(String name, String type);

  /** Returns the columns that this sink adds to rows; may be empty. */
  List<String> ownColumns();

  /**
   * Returns whether the output contains, or may contain, anything of an unfinished run. If not, the
   * run can be discarded without a trace.
   */
  boolean holdsAnyOf(Manifest.Run run);

  /**
   * Returns whether {@link #publish} reads the rows of a wave, possibly in another process, so that
   * they have to be kept in its folder; otherwise only {@link #prepare} does.
   */
  boolean readsRowsAgain();

  /** Writes the wave to a place hidden from readers; idempotent. */
  void prepare(Commit commit);

  /**
   * Publishes a prepared wave exactly once, however often it is called: it first determines whether
   * an interrupted call already did.
   *
   * @return false if what was prepared is gone and has to be prepared again, after {@link
   *     #withdraw}
   */
  boolean publish(Commit commit);

  /** Removes what {@link #publish} has published of a wave that has to be prepared again. */
  default void withdraw(Commit commit) {}

  /** Completes the output after all waves are published. */
  void finish();
}
