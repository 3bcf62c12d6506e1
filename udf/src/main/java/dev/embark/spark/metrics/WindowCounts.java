package dev.embark.spark.metrics;

import dev.embark.engine.rows.RowOutcomes;
import dev.embark.spark.rows.TextWindow;

/**
 * Row, token and time counts of one evaluated window, the input of all metrics.
 *
 * @param rows all rows
 * @param nulls rows whose text is NULL
 * @param failed rows whose text has no result
 * @param truncated rows whose text was truncated
 * @param deduplicated rows whose text occurs earlier in the window
 * @param tokens tokens that the model has processed
 * @param generatedTokens tokens that the model has generated
 * @param batches native batches
 * @param batchCapacity capacity of these batches in tokens
 * @param tokenizeNanos time in the tokenizer
 * @param encodeNanos time in the model, including packing and normalisation
 */
public record WindowCounts(
    long rows,
    long nulls,
    long failed,
    long truncated,
    long deduplicated,
    long tokens,
    long generatedTokens,
    long batches,
    long batchCapacity,
    long tokenizeNanos,
    long encodeNanos) {

  /**
   * Counts a window.
   *
   * @param nanos time for tokenising and encoding
   */
  public static WindowCounts of(TextWindow window, RowOutcomes outcomes, long nanos) {
    long nulls = 0;
    long failed = 0;
    long truncated = 0;
    long tokens = 0;
    long generatedTokens = 0;
    for (int row = 0; row < window.size(); row++) {
      tokens += outcomes.tokens(row);
      generatedTokens += outcomes.generatedTokens(row);
      if (window.isNull(row)) {
        nulls++;
      } else if (outcomes.error(window.source(row)) != null) {
        failed++;
      } else if (outcomes.isTruncated(window.source(row))) {
        truncated++;
      }
    }
    return new WindowCounts(
        window.size(),
        nulls,
        failed,
        truncated,
        window.repeats(),
        tokens,
        generatedTokens,
        outcomes.batches(),
        outcomes.batchCapacity(),
        outcomes.tokenizeNanos(),
        nanos - outcomes.tokenizeNanos());
  }

  /** Rows with a vector, an answer or a token count. */
  long embedded() {
    return rows - nulls - failed;
  }
}
