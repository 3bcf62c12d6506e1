package dev.embark.spark;

import dev.embark.engine.EmbeddedRows;

/**
 * What became of the rows of a window, for every place that counts.
 *
 * @param rows all of them
 * @param nulls without a text
 * @param failed whose text could not be embedded
 * @param truncated whose text lost its tail
 * @param deduplicated whose text another row of the window had before
 * @param tokens that the model has seen
 * @param batches native ones
 * @param batchCapacity tokens that those could have held
 * @param tokenizeNanos time of the tokenizer
 * @param encodeNanos time of the model, with packing and normalising
 */
record WindowCounts(
    long rows,
    long nulls,
    long failed,
    long truncated,
    long deduplicated,
    long tokens,
    long batches,
    long batchCapacity,
    long tokenizeNanos,
    long encodeNanos) {

  /**
   * @param nanos that tokenising and encoding took
   */
  static WindowCounts of(TextWindow window, EmbeddedRows embedded, long nanos) {
    long nulls = 0;
    long failed = 0;
    long truncated = 0;
    long tokens = 0;
    for (int row = 0; row < window.size(); row++) {
      tokens += embedded.tokens(row);
      if (window.isNull(row)) {
        nulls++;
      } else if (embedded.error(window.source(row)) != null) {
        failed++;
      } else if (embedded.isTruncated(window.source(row))) {
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
        embedded.batches(),
        embedded.batchCapacity(),
        embedded.tokenizeNanos(),
        nanos - embedded.tokenizeNanos());
  }

  /** Rows with a vector, or with a number of tokens where only that was wanted. */
  long embedded() {
    return rows - nulls - failed;
  }
}
