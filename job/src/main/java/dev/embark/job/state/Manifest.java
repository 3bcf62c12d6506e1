package dev.embark.job.state;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.embark.job.cli.RunTotals;
import java.time.Duration;
import java.time.Instant;
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
 * Contents of an output and state of its runs, stored as {@code _embark/manifest.json}. Immutable.
 *
 * @param version version of this format
 * @param columns fingerprint of each result column, for runs that have committed a wave
 * @param runs all runs into the output, oldest first; only the last can be unfinished
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Manifest(int version, SortedMap<String, Fingerprint> columns, List<Run> runs) {
  static final int VERSION = 2;

  /** Manifest of an output without runs. */
  static final Manifest EMPTY = new Manifest(VERSION, new TreeMap<>(), List.of());

  /** How the rows of a run are written to the output. */
  public enum Kind {
    /** Rows are appended. */
    APPEND,
    /** The first wave replaces all existing rows; later waves append. */
    REPLACE,
    /** Rows replace those with the same id; rows with new ids are appended. */
    MERGE
  }

  /** State of a wave. */
  public enum State {
    /** Not yet computed, or interrupted while it was being computed. */
    PLANNED,
    /** Computed into a folder hidden from readers; its commit may have started. */
    READY,
    /** Published in the output. */
    COMMITTED
  }

  /**
   * A set of rows that is computed and committed together.
   *
   * @param number from 0
   * @param rows number of rows
   * @param files names of files in the run's copy of the input; empty once committed
   * @param state state of the wave
   * @param folder name of the wave's folder in the run folder; null while planned
   * @param startMillis start time, in milliseconds since 1970; 0 while planned
   * @param tookMillis milliseconds until the wave was ready or, later, committed; 0 while planned
   * @param totals row counts; null while planned
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Wave(
      int number,
      long rows,
      List<String> files,
      State state,
      String folder,
      long startMillis,
      long tookMillis,
      RunTotals totals) {
    public static Wave planned(int number, long rows, List<String> files) {
      return new Wave(number, rows, files, State.PLANNED, null, 0, 0, null);
    }

    public Wave ready(String folder, Instant start, RunTotals totals) {
      return new Wave(
          number, rows, files, State.READY, folder, start.toEpochMilli(), since(start), totals);
    }

    public Wave committed(Instant publishStart) {
      // Excludes the time between a crash and the next process.
      long took = tookMillis + since(publishStart);
      return new Wave(number, rows, List.of(), State.COMMITTED, null, startMillis, took, totals);
    }

    public WaveResult result() {
      return new WaveResult(
          number, Instant.ofEpochMilli(startMillis), Duration.ofMillis(tookMillis), totals);
    }

    private static long since(Instant start) {
      return Duration.between(start, Instant.now()).toMillis();
    }
  }

  /**
   * A run into the output.
   *
   * @param id unique id; part of the names of its files and commits
   * @param number 1 for the first run into this output
   * @param textColumn name of the text column
   * @param column name of the result column
   * @param fingerprint hash of the fingerprint of that column
   * @param command the command in clear text, as stored by earlier versions; null in every manifest
   *     written now
   * @param arguments digest of the command, because only the same command resumes the run; null
   *     with {@code command}
   * @param kind how the rows are written to the output
   * @param layout layout of the rows
   * @param complete whether all waves are committed and the run has ended
   * @param counts rows of the input, compared with the output before the run
   * @param waves waves in order
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Run(
      String id,
      int number,
      String textColumn,
      String column,
      String fingerprint,
      @JsonInclude(JsonInclude.Include.NON_NULL) String command,
      CommandDigest arguments,
      Kind kind,
      Layout layout,
      boolean complete,
      Counts counts,
      List<Wave> waves) {

    public Run with(Wave changed) {
      List<Wave> all = new ArrayList<>(waves);
      all.set(changed.number(), changed);
      return with(complete, all);
    }

    public Run completed() {
      return with(true, waves);
    }

    private Run with(boolean complete, List<Wave> waves) {
      return new Run(
          id,
          number,
          textColumn,
          column,
          fingerprint,
          command,
          arguments,
          kind,
          layout,
          complete,
          counts,
          waves);
    }

    /** Returns this run with a digest in place of the clear-text command of earlier versions. */
    public Run with(CommandDigest digest) {
      return new Run(
          id,
          number,
          textColumn,
          column,
          fingerprint,
          null,
          digest,
          kind,
          layout,
          complete,
          counts,
          waves);
    }

    /** Returns whether the run is complete or has committed a wave. */
    public boolean hasCommitted() {
      return complete || waves.stream().anyMatch(wave -> wave.state() == State.COMMITTED);
    }

    /**
     * Returns the wave that is computed but not recorded as committed; its commit may have started.
     */
    public Optional<Wave> ready() {
      return waves.stream().filter(wave -> wave.state() == State.READY).findFirst();
    }

    public RunPlan plan() {
      List<WaveResult> committed =
          waves.stream().filter(w -> w.state() == State.COMMITTED).map(Wave::result).toList();
      return new RunPlan(
          id,
          number,
          fingerprint,
          Map.of(),
          waves.size(),
          waves.stream().mapToLong(Wave::rows).sum(),
          counts,
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
    runs.stream()
        .filter(known -> !known.id().equals(run.id()))
        .forEach(known -> all.add(known.with(known.arguments())));
    all.add(run);
    if (!run.hasCommitted()) {
      return new Manifest(VERSION, columns, all);
    }
    SortedMap<String, Fingerprint> fingerprints =
        run.kind() == Kind.REPLACE ? new TreeMap<>() : new TreeMap<>(columns);
    // A retry with different long-text options keeps the fingerprint of the existing rows; a run
    // that mixes in another vector version was allowed to.
    fingerprints.merge(
        run.column(), fingerprint, (old, own) -> own.isOtherVersionOf(old) ? own : old);
    return new Manifest(VERSION, fingerprints, all);
  }

  /** Returns the manifest without its unfinished run. */
  public Manifest withoutUnfinished() {
    return new Manifest(VERSION, columns, runs.stream().filter(Run::complete).toList());
  }

  /** Returns the manifest of an output with incomplete rows, to which nothing can be appended. */
  public Manifest withoutColumns() {
    return new Manifest(VERSION, new TreeMap<>(), runs);
  }
}
