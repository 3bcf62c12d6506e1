package dev.embark.job.state;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
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
      WaveProgress progress) {

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
          progress);
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
     * @param committed results of the waves committed so far
     */
    public RunPlan plan(List<WaveResult> committed) {
      return new RunPlan(
          id, number, fingerprint, Map.of(), progress.waves(), progress.rows(), counts, committed);
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
   * @param skipped rows that are already in the output
   * @param deleted ids of the output that are missing from the input
   */
  public record Counts(long added, long changed, long skipped, long deleted) {}

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
