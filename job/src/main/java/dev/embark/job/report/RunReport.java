package dev.embark.job.report;

import java.util.List;
import java.util.Map;

/**
 * What a run did, to its end or as far as it came, as its report tells it; {@code
 * report.schema.json} describes it as JSON. What is not known is null and left out.
 *
 * @param formatVersion of this record: raised when a reader of the older one could misread it
 * @param embark Embark's version; null for classes that are not packaged
 * @param run what was asked, when and where
 * @param ending whether it did all that it was to do
 * @param totals of all rows, over all processes of the run
 * @param rates of this process
 * @param timeline of this process: points that follow one another without gap
 * @param waves in their order
 * @param tokenLengths embedded rows by tokens of the text, or of the answer, from the shortest
 *     range to the longest
 * @param failures by kind, the most frequent first
 * @param options of the function that were given; the others have their defaults
 * @param fingerprint of the model and the options that change a result, in hex; null if the run
 *     ended before it was planned
 * @param model that made the results
 * @param machine that it ran on
 */
public record RunReport(
    int formatVersion,
    String embark,
    Run run,
    Ending ending,
    Totals totals,
    Rates rates,
    List<Point> timeline,
    List<Wave> waves,
    List<Length> tokenLengths,
    List<Failure> failures,
    Map<String, String> options,
    String fingerprint,
    Model model,
    Machine machine) {

  /** The version of this format. */
  public static final int FORMAT_VERSION = 1;

  /**
   * @param id names the run, also after it was resumed; null if it ended before it was planned
   * @param function {@code embed} or {@code generate}
   * @param start ISO 8601, in UTC; of a run that was resumed, that of its first wave
   * @param end ISO 8601, in UTC
   * @param seconds of wall time of this process
   * @param resumed whether an earlier process of this run was interrupted
   * @param input what was read: a path or a table without credentials, or {@code the query}
   * @param output where the results lie
   * @param textColumn of the texts, if it was named
   * @param idColumn that names a row, if one was given
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
   * @param state {@code done}, {@code failed} or {@code stopped}, as its process was asked to end
   * @param waves how many the run has, 0 if it ended before it was planned; the report lists those
   *     that are in the output
   * @param error a sentence that says why it failed or was stopped, and how to carry on
   */
  public record Ending(String state, int waves, String error) {}

  /**
   * @param rows written, with a result or without
   * @param embedded of these, rows with a result: an embedding or an answer
   * @param withoutText of these, rows whose text is NULL
   * @param failed of these, rows whose text has no result
   * @param truncated of the embedded, rows whose text, or answer, lost its tail
   * @param chunked embedded rows whose text was cut into windows
   * @param deduplicated rows that took the result of an equal text
   * @param added of the rows, those whose id was not there; all without an id column
   * @param changed of the rows, those whose id was there with another text
   * @param skipped rows of the input that were in the output already
   * @param deleted ids of the output that the input no longer has
   * @param tokens that the model has seen or, for answers, generated
   */
  public record Totals(
      long rows,
      long embedded,
      long withoutText,
      long failed,
      long truncated,
      long chunked,
      long deduplicated,
      long added,
      long changed,
      long skipped,
      long deleted,
      long tokens) {}

  /** Averages over the wall time of this process. */
  public record Rates(double rowsPerSecond, double tokensPerSecond) {}

  /**
   * @param second after the start of this process at which it begins
   * @param seconds that it lasts
   * @param rows that came out of the model meanwhile, as far as executors had told
   * @param tokens that went into it or, for answers, came out of it
   */
  public record Point(double second, double seconds, long rows, long tokens) {
    /** Tokens in a second. */
    public double tokensPerSecond() {
      return seconds > 0 ? tokens / seconds : 0;
    }
  }

  /**
   * @param number from 0
   * @param start ISO 8601, in UTC
   * @param seconds from its first task to its commit
   */
  public record Wave(
      int number, String start, double seconds, long rows, long tokens, long failed) {}

  /**
   * @param above tokens, exclusive
   * @param upTo tokens, inclusive
   * @param rows in between
   */
  public record Length(int above, int upTo, long rows) {}

  /** Rows that failed for one reason. */
  public record Failure(String kind, long rows) {}

  /**
   * What made the results; of a model that the driver cannot load, and of a run that was not
   * planned, only where it is.
   *
   * @param uri as it was given; null if the options cannot be read
   * @param pooling how token vectors become one, by the model's file
   * @param quantisation the type of most weights
   * @param context tokens of the longest text it was trained for
   * @param bytes of its file
   * @param sha256 of its file, in hex
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
    /** A model of which nothing else is known. */
    public static Model named(String uri) {
      return new Model(uri, null, null, null, null, null, null, null, null, null);
    }
  }

  /**
   * @param spark its version
   * @param master as Spark writes it
   * @param application Spark's id of it
   * @param executors processes with tasks at the end; 1 in local mode
   * @param cores tasks that run at the same time
   * @param java version of the driver's
   * @param system name and architecture of the driver's
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
