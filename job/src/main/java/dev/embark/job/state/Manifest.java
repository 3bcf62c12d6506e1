package dev.embark.job.state;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Contents of an output and state of its runs, as each version of the {@link StateLog} stores them.
 * Its size is bounded. Immutable.
 *
 * @param columns fingerprint of each result column, for runs that have committed a wave
 * @param runs at most two runs: the last complete one, and the unfinished one that followed it
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Manifest(SortedMap<String, Fingerprint> columns, List<Run> runs) {
  /** Manifest of an output without runs. */
  static final Manifest EMPTY = new Manifest(new TreeMap<>(), List.of());

  /** How the rows of a run are written to the output. */
  public enum Kind {
    /** Rows are appended. */
    APPEND,
    /** The first wave replaces all existing rows; later waves append. */
    REPLACE,
    /** Rows replace those with the same id; rows with new ids are appended. */
    MERGE
  }

  /**
   * A run into the output.
   *
   * @param id unique id; part of the names of its files and commits
   * @param number 1 for the first run into this output
   * @param textColumn name of the text column
   * @param column name of the result column
   * @param fingerprint hash of the fingerprint of that column
   * @param arguments digest of the command, because only the same command resumes the run
   * @param kind how the rows are written to the output
   * @param layout layout of the rows
   * @param complete whether all waves are committed and the run has ended
   * @param counts rows of the input, compared with the output before the run
   * @param progress progress through its waves
   * @param upkeep how its rows were found; null for a run of an earlier version of Embark
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Run(
      String id,
      int number,
      String textColumn,
      String column,
      String fingerprint,
      CommandDigest arguments,
      Kind kind,
      Layout layout,
      boolean complete,
      Counts counts,
      WaveProgress progress,
      @JsonInclude(JsonInclude.Include.NON_NULL) Upkeep upkeep) {

    /** Returns the run after it has computed a wave. */
    public Run with(ReadyWave computed) {
      return with(complete, progress.with(computed));
    }

    /** Returns the run after it has committed the wave that was ready. */
    public Run with(WaveResult committed) {
      return with(complete, progress.with(committed));
    }

    /** Returns the run without the wave that was ready, which has to be computed again. */
    public Run withoutReady() {
      return with(complete, progress.with((ReadyWave) null));
    }

    /** Returns the run with another form of the same progress. */
    public Run with(WaveProgress same) {
      return with(complete, same);
    }

    public Run completed() {
      return with(true, progress.withRecent(List.of()));
    }

    private Run with(boolean complete, WaveProgress progress) {
      return new Run(
          id,
          number,
          textColumn,
          column,
          fingerprint,
          arguments,
          kind,
          layout,
          complete,
          counts,
          progress,
          upkeep);
    }

    /** Returns whether the run is complete or has committed a wave. */
    public boolean hasCommitted() {
      return complete || progress.committed() > 0;
    }

    /**
     * Returns the wave that is computed but not recorded as committed; its commit may have started.
     */
    public Optional<ReadyWave> ready() {
      return Optional.ofNullable(progress.ready());
    }

    /**
     * Returns the plan of the run.
     *
     * @param waves number of waves, as far as it is known
     * @param committed results of the waves committed so far
     */
    public RunPlan plan(int waves, List<WaveResult> committed) {
      return new RunPlan(
          id,
          number,
          fingerprint,
          Map.of(),
          waves,
          progress.rows(),
          counts,
          upkeep == null ? Comparison.NONE : upkeep.comparison(),
          committed);
    }
  }

  /**
   * Layout that all runs into an output must share, because readers would otherwise miss rows.
   *
   * @param format format as given on the command line
   * @param partitionBy partition columns
   * @param columns columns of the input and the result column, as the JSON of a Spark schema
   * @param ownColumns columns that the sink adds
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Layout(
      String format, List<String> partitionBy, String columns, List<String> ownColumns) {
    public static Layout of(
        String format, List<String> partitionBy, StructType columns, List<String> ownColumns) {
      StructType plain = new StructType();
      for (StructField field : columns.fields()) {
        plain = plain.add(field.name(), field.dataType());
      }
      return new Layout(format, partitionBy, plain.json(), ownColumns);
    }

    /** Returns the columns without catalog metadata. */
    public StructType schema() {
      return (StructType) DataType.fromJson(columns);
    }
  }

  /**
   * Comparison of the input with the output before the run, in rows.
   *
   * @param added rows whose id is not in the output; all rows without {@code --id-column}
   * @param changed rows whose id is in the output with a different text, or which are retried
   * @param skipped rows that were read and are already in the output
   * @param deleted ids of the output that are missing from the input
   * @param updated rows with the same text and other values of {@code --compare-columns}
   */
  public record Counts(long added, long changed, long skipped, long deleted, long updated) {}

  /**
   * How a run found its rows, and from where the next run may look for changes.
   *
   * @param position state of the input that the run has read; null if the input keeps no record of
   *     its changes, or if the run did not compare the whole input with the output
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Upkeep(
      Comparison comparison, @JsonInclude(JsonInclude.Include.NON_NULL) Position position) {}

  /**
   * Comparison of the input with the output.
   *
   * @param by rows that were compared
   * @param rowsRead number of rows of the input that were read and compared
   * @param fallback why a run with {@code --incremental} compared all rows; otherwise null
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Comparison(
      By by, long rowsRead, @JsonInclude(JsonInclude.Include.NON_NULL) String fallback) {
    /** A run that processes all rows of its input. */
    public static final Comparison NONE = new Comparison(By.NOTHING, 0, null);

    /** Returns whether {@code --incremental} was set. */
    public boolean isWorthReporting() {
      return by.isOfChanges() || fallback != null;
    }

    /** Returns what was compared and, for a fallback, why. */
    public String title() {
      return fallback == null ? by.title : by.title + ", because " + fallback;
    }

    /** Rows of an input that are compared with the output. */
    public enum By {
      /** None: all rows are processed. */
      NOTHING("nothing"),
      ALL_ROWS("all rows"),
      CHANGED_FILES("changed files"),
      CHANGE_DATA_FEED("change data feed"),
      CHANGELOG("changelog");

      private final String title;

      By(String title) {
        this.title = title;
      }

      /** Returns the name in reports. */
      @Override
      public String toString() {
        return title;
      }

      private boolean isOfChanges() {
        return this != NOTHING && this != ALL_ROWS;
      }
    }
  }

  /**
   * State of an input when a run began to read it.
   *
   * @param format {@code files}, or the format of the table
   * @param table id of the table, if its format has one
   * @param at version or snapshot of the table; for files, the name of their list in {@code
   *     _embark/input-files}
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Position(String format, String table, String at) {}

  /** Returns the interrupted run, if any. */
  public Optional<Run> unfinished() {
    return last().filter(run -> !run.complete());
  }

  /** Returns the newest run. */
  public Optional<Run> last() {
    return runs.isEmpty() ? Optional.empty() : Optional.of(runs.get(runs.size() - 1));
  }

  /**
   * Returns the manifest with a run added, or with the new state of the last run. Until the run has
   * committed a wave, the columns stay those of the output without it, so that the run can be
   * discarded.
   */
  public Manifest with(Run run, Fingerprint fingerprint) {
    List<Run> all = new ArrayList<>();
    if (!run.complete()) {
      lastComplete().ifPresent(all::add);
    }
    all.add(run);
    if (!run.hasCommitted()) {
      return new Manifest(columns, all);
    }
    SortedMap<String, Fingerprint> fingerprints =
        run.kind() == Kind.REPLACE ? new TreeMap<>() : new TreeMap<>(columns);
    // A retry with different long-text options keeps the fingerprint of the existing rows; a run
    // that mixes in another vector version was allowed to.
    fingerprints.merge(
        run.column(), fingerprint, (old, own) -> own.isOtherVersionOf(old) ? own : old);
    return new Manifest(fingerprints, all);
  }

  private Optional<Run> lastComplete() {
    return runs.stream().filter(Run::complete).reduce((earlier, later) -> later);
  }

  /** Returns the manifest without its unfinished run. */
  public Manifest withoutUnfinished() {
    return new Manifest(columns, lastComplete().stream().toList());
  }

  /** Returns the manifest of an output with incomplete rows, to which nothing can be appended. */
  public Manifest withoutColumns() {
    return new Manifest(new TreeMap<>(), runs);
  }
}
