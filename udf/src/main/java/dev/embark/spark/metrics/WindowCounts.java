package dev.embark.spark.metrics;

import dev.embark.engine.rows.RowOutcomes;
import dev.embark.spark.rows.TextWindow;

/**
 * What became of the rows of a window, for every place that counts.
 *
 * @param rows all of them
 * @param nulls without a text
 * @param failed whose text had no result
 * @param truncated whose text lost its tail
 * @param deduplicated whose text another row of the window had before
 * @param tokens of texts that the model has seen
 * @param generatedTokens that it made of them
 * @param batches native ones
 * @param batchCapacity tokens that those could have held
 * @param tokenizeNanos time of the tokenizer
 * @param encodeNanos time of the model, with packing and normalising
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
   * @param nanos that tokenising and encoding took
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

  /** Rows with a vector or an answer, or with a number of tokens where only that was wanted. */
  long embedded() {
    return rows - nulls - failed;
  }
}
