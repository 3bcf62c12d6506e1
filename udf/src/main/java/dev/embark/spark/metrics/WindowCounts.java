package dev.embark.spark.metrics;

import dev.embark.engine.rows.RowCounts;
import dev.embark.engine.rows.RowOutcomes;
import dev.embark.spark.rows.TextWindow;

/**
 * Counts of one evaluated window and the work of the engine, the input of all metrics.
 *
 * @param counts rows and tokens
 * @param batches native batches
 * @param batchCapacity capacity of these batches in tokens
 * @param tokenizeNanos time in the tokenizer
 * @param encodeNanos time in the model, including packing and normalisation
 */
public record WindowCounts(
    RowCounts counts, long batches, long batchCapacity, long tokenizeNanos, long encodeNanos) {

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
        new RowCounts(
            window.size(), nulls, failed, truncated, 0, window.repeats(), tokens, generatedTokens),
        outcomes.batches(),
        outcomes.batchCapacity(),
        outcomes.tokenizeNanos(),
        nanos - outcomes.tokenizeNanos());
  }
}
