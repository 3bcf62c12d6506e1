package dev.embark.job.report;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.embark.engine.rows.RowCounter;
import dev.embark.engine.rows.RowCounts;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Report of a completed or incomplete run. {@code report.schema.json} specifies its JSON form.
 * Unknown values are null and omitted.
 *
 * @param formatVersion version of this format, incremented for incompatible changes
 * @param embark version of Embark; null for unpackaged classes
 * @param run inputs, outputs and times of the run
 * @param ending final state of the run
 * @param totals totals of all rows, over all processes of the run
 * @param comparison how an incremental run found its rows; null for other runs
 * @param cost cost of this process; null if the price of a core is unknown
 * @param rates average throughput of this process
 * @param timeline throughput of this process over time, in contiguous intervals
 * @param waves committed waves in order
 * @param tokenLengths histogram of rows with a result by tokens of the text or answer, shortest
 *     range first
 * @param failures failed rows by kind, most frequent first
 * @param options options of the function that were given; all others have their defaults
 * @param fingerprint hash of the model and of the options that affect results, in hex; null if the
 *     run ended before planning
 * @param model model that produced the results
 * @param machine environment of the run
 */
public record RunReport(
    int formatVersion,
    String embark,
    Run run,
    Ending ending,
    Totals totals,
    Comparison comparison,
    Cost cost,
    Rates rates,
    List<Point> timeline,
    List<Wave> waves,
    List<Length> tokenLengths,
    List<Failure> failures,
    Map<String, String> options,
    String fingerprint,
    Model model,
    Machine machine) {

  /** Current version of the format. */
  public static final int FORMAT_VERSION = 1;

  /**
   * @param id unique id of the run, stable across resumes; null if it ended before planning
   * @param function {@code embed} or {@code generate}
   * @param start start time, ISO 8601 in UTC; for a resumed run, the start of its first wave
   * @param end end time, ISO 8601 in UTC
   * @param seconds wall time of this process
   * @param resumed whether an earlier process of this run was interrupted
   * @param input path or table without credentials, or {@code the query}
   * @param output path or table of the results
   * @param textColumn text column, if one was given
   * @param idColumn column that identifies a row, if one was given
   */
  public record Run(
      String id,
      String function,
      String start,
      String end,
      double seconds,
      boolean resumed,
      String input,
      String output,
      String textColumn,
      String idColumn) {}

  /**
   * @param state {@code done}, {@code failed}, or {@code stopped} on request
   * @param waves number of waves in the run, 0 if it ended before planning; the report lists only
   *     committed waves
   * @param error sentence with the reason of the failure or stop and how to resume
   */
  public record Ending(String state, int waves, String error) {}

  /**
   * @param counts rows written, and the tokens read by the model or, for answers, generated
   * @param added rows written whose id is new; all rows without an id column
   * @param changed rows written whose id was in the output with a different text
   * @param skipped rows that were read and were already in the output
   * @param deleted ids of the output that are missing from the input
   * @param updated rows written with the result that they had, because only other columns changed
   */
  public record Totals(
      RowCounts counts, long added, long changed, long skipped, long deleted, long updated) {
    @JsonValue
    Map<String, Long> json() {
      Map<String, Long> json = new LinkedHashMap<>();
      for (RowCounter counter : EnumSet.complementOf(EnumSet.of(RowCounter.GENERATED_TOKENS))) {
        json.put(counter.key(), counter.of(counts));
      }
      json.putAll(Map.of("added", added, "changed", changed, "updated", updated));
      json.putAll(Map.of("skipped", skipped, "deleted", deleted));
      return json;
    }
  }

  /**
   * @param by rows that were compared with the output: {@code all rows}, {@code changed files},
   *     {@code change data feed} or {@code changelog}
   * @param rows number of those rows
   * @param fallback why all rows were compared; null if they were not
   */
  public record Comparison(String by, long rows, String fallback) {}

  /** Averages over the wall time of this process. */
  public record Rates(double rowsPerSecond, double tokensPerSecond) {}

  /**
   * @param second start of the interval, in seconds since the start of this process
   * @param seconds length of the interval
   * @param rows rows completed in the interval, as reported by executors
   * @param tokens tokens read by the model or, for answers, generated in the interval
   */
  public record Point(double second, double seconds, long rows, long tokens) {
    /** Returns the throughput in tokens per second. */
    public double tokensPerSecond() {
      return seconds > 0 ? tokens / seconds : 0;
    }
  }

  /**
   * @param number number of the wave, from 0
   * @param start start time, ISO 8601 in UTC
   * @param seconds seconds from its first task to its commit
   */
  public record Wave(
      int number, String start, double seconds, long rows, long tokens, long failed) {}

  /**
   * @param above lower bound of tokens, exclusive
   * @param upTo upper bound of tokens, inclusive
   * @param rows rows within the range
   */
  public record Length(int above, int upTo, long rows) {}

  /** Number of rows with the same kind of failure. */
  public record Failure(String kind, long rows) {}

  /**
   * Model that produced the results. If the driver cannot load the model or the run was not
   * planned, only the location is known.
   *
   * @param uri location as given; null if the options are invalid
   * @param pooling pooling type of the model file
   * @param quantisation as the model file names it, such as {@code Q4_K_M}
   * @param context maximum tokens of a text
   * @param bytes size of the model file
   * @param sha256 hash of the model file, in hex
   */
  public record Model(
      String uri,
      String architecture,
      String name,
      Integer dimensions,
      Integer context,
      String pooling,
      String quantisation,
      Long parameters,
      Long bytes,
      String sha256) {
    /** Returns a model of which only the location is known. */
    public static Model named(String uri) {
      return new Model(uri, null, null, null, null, null, null, null, null, null);
    }
  }

  /**
   * @param spark version of Spark
   * @param master master URL
   * @param application Spark's application id
   * @param executors executor processes at the end; 1 in local mode
   * @param cores maximum concurrent tasks
   * @param java Java version of the driver
   * @param system operating system and architecture of the driver
   */
  public record Machine(
      String spark,
      String master,
      String application,
      int executors,
      int cores,
      String java,
      String system) {}
}
