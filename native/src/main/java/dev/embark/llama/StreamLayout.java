package dev.embark.llama;

/**
 * How the cells of a context for generation are split into streams. A stream keeps the tokens of
 * one sequence, so that an answer does not depend on what its neighbours have there. Immutable.
 *
 * @param streams sequences that the context can have
 * @param cells tokens that each of them keeps
 */
public record StreamLayout(int streams, int cells) {
  // llama_context of llama.cpp 0.5.0 rounds up to it, as GGML_PAD(n_ctx_seq, 256) says.
  private static final int GRAIN = 256;

  /**
   * As many streams as are wanted and {@code total} cells have room for; one where a single
   * sequence takes them all.
   *
   * @param total cells of the context; rounded up, if they are few, to what one stream takes
   * @param longest tokens that a stream has to keep at least
   * @param longestEver tokens that no sequence exceeds; more cells would be of no use
   * @param wanted streams at most
   */
  public static StreamLayout of(int total, int longest, int longestEver, int wanted) {
    int streams = streams(total, longest, wanted);
    int each = total / streams / GRAIN * GRAIN;
    return new StreamLayout(
        streams, Math.max(rounded(longest), Math.min(each, rounded(longestEver))));
  }

  /** How many streams that is. */
  public static int streams(int total, int longest, int wanted) {
    return Math.max(1, Math.min(wanted, total / rounded(longest)));
  }

  /** Cells of a stream that keeps so many tokens; below 2³¹ for those of any model's context. */
  public static int rounded(int tokens) {
    return (int) Math.min(Integer.MAX_VALUE / GRAIN * GRAIN, (tokens + GRAIN - 1L) / GRAIN * GRAIN);
  }
}
