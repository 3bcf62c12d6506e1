package dev.embark.engine.chunks;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;

/**
 * Sizes of chunks in tokens.
 *
 * @param chunkTokens maximum of a chunk, prompt and special tokens included
 * @param overlap maximum that neighbouring chunks share
 * @param emptyTokens prompt and special tokens
 */
record ChunkLimits(int chunkTokens, int overlap, int emptyTokens) {
  /**
   * Checks the sizes.
   *
   * @param context of the model, in tokens
   * @throws EmbarkException of kind OPTION when a chunk is longer than the context, or has no room
   *     for text beyond the overlap
   */
  void check(int context) {
    if (chunkTokens > context) {
      throw new EmbarkException(
          Kind.OPTION,
          "chunkTokens is " + chunkTokens + ", but the model's context is " + context + " tokens.");
    }
    if (room() <= 0) {
      throw new EmbarkException(
          Kind.OPTION,
          "chunkTokens is "
              + chunkTokens
              + ", but the prompt and the special tokens of a chunk are "
              + emptyTokens
              + " tokens; make chunkTokens larger or the prompt shorter.");
    }
    if (overlap >= room()) {
      throw new EmbarkException(
          Kind.OPTION,
          "chunkOverlap is "
              + overlap
              + ", but a chunk of chunkTokens="
              + chunkTokens
              + " has room for "
              + room()
              + " tokens of text; make chunkOverlap smaller or chunkTokens larger.");
    }
  }

  private int room() {
    return chunkTokens - emptyTokens;
  }

  /** Returns the failure of a text with a character that does not fit into a chunk. */
  EmbarkException tooManyTokens(int tokens) {
    return new EmbarkException(
        Kind.TOO_LONG,
        "A single character of the text needs a chunk of "
            + tokens
            + " tokens and chunkTokens is "
            + chunkTokens
            + "; make chunkTokens larger.");
  }
}
