package dev.embark.job.state;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.embark.job.cli.RunTotals;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * What an output holds and how far the run into it is: the content of {@code
 * _embark/manifest.json}. Immutable.
 *
 * @param version of this layout
 * @param columns the fingerprint of each column of embeddings, of runs that have committed a wave
 * @param runs all runs into the output, the newest last; only that one can be unfinished
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Manifest(int version, SortedMap<String, Fingerprint> columns, List<Run> runs) {
  static final int VERSION = 2;

  /** Of an output without a run. */
  static final Manifest EMPTY = new Manifest(VERSION, new TreeMap<>(), List.of());

  /** How a run's rows get into the output. */
  public enum Kind {
    /** They are added. */
    APPEND,
    /** The first wave replaces all there is, the others are added. */
    REPLACE,
    /** They replace the rows of the same id, and are added where there is none. */
    MERGE
  }

  /** How far a wave is. */
  public enum State {
    /** To be embedded, or interrupted while it was. */
    PLANNED,
    /** Embedded into a folder that no reader sees; its commit may have begun. */
    READY,
    /** In the output. */
    COMMITTED
  }

  /**
   * A wave.
   *
   * @param number from 0
   * @param rows it has
   * @param files of the run's copy of the input, by name; empty once committed
   * @param state how far it is
   * @param folder in the run's folder, where it was embedded; null while planned
   * @param startMillis since 1970; 0 while planned
   * @param tookMillis until it was ready or, later, committed
   * @param totals null while planned
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
      // Without the time between a crash and the next process.
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
   * A run.
   *
   * @param id its name; part of the names of its files and commits
   * @param number 1 for the first into this output
   * @param textColumn of its rows
   * @param column the column of embeddings it makes
   * @param fingerprint of that column
   * @param command what was asked for in clear text, as earlier versions kept it; null in all that
   *     is saved now
   * @param arguments what was asked for; only the same command resumes the run; null with {@code
   *     command}
   * @param kind how its rows get into the output
   * @param layout in which it writes
   * @param complete whether all waves are committed and the run has ended
   * @param counts of rows that are in waves and of those that are not
   * @param waves in their order
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

    /** The same without what earlier versions kept of its command. */
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

    /** Whether it is complete, or a wave is known to be in the output. */
    public boolean hasCommitted() {
      return complete || waves.stream().anyMatch(wave -> wave.state() == State.COMMITTED);
    }

    /** Returns the wave whose commit has perhaps begun. */
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
          waves.size(),
          waves.stream().mapToLong(Wave::rows).sum(),
          counts.added(),
          counts.changed(),
          counts.skipped(),
          counts.deleted(),
          committed);
    }
  }

  /**
   * What all runs into an output have to share, or readers do not see all of its rows.
   *
   * @param format as on the command line
   * @param partitionBy columns whose values are folders
   * @param columns of the input and the one of results, as the JSON of a Spark schema
   * @param ownColumns that the sink adds to rows
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

    /** Returns the columns, without what a catalog says of them. */
    public StructType schema() {
      return (StructType) DataType.fromJson(columns);
    }
  }

  /**
   * How the input compares with the output before the run.
   *
   * @param added rows of ids that the output did not have; all without --id-column
   * @param changed rows of ids that it had with another text, or that are tried again
   * @param skipped rows that it had
   * @param deleted ids of the output that the input does not have
   */
  public record Counts(long added, long changed, long skipped, long deleted) {}

  /** Returns the run that was interrupted, if one was. */
  public Optional<Run> unfinished() {
    return last().filter(run -> !run.complete());
  }

  /** Returns the newest run. */
  public Optional<Run> last() {
    return runs.isEmpty() ? Optional.empty() : Optional.of(runs.get(runs.size() - 1));
  }

  /**
   * Adds a run, or replaces the newest by its new state. Until it has committed a wave, the columns
   * are those of the output without it, so that it can be given up.
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
    // A retry that cuts long texts in another way leaves the fingerprint of the many as it is.
    fingerprints.putIfAbsent(run.column(), fingerprint);
    return new Manifest(VERSION, fingerprints, all);
  }

  /** The same without a run that was given up. */
  public Manifest withoutUnfinished() {
    return new Manifest(VERSION, columns, runs.stream().filter(Run::complete).toList());
  }

  /** The same of an output whose rows are not whole: nothing can be added to them. */
  public Manifest withoutColumns() {
    return new Manifest(VERSION, new TreeMap<>(), runs);
  }
}
