package dev.embark.llama;

/**
 * Division of a generation context's KV cache into streams. Each stream holds one sequence, so that
 * an answer does not depend on the other sequences of its batch. Immutable.
 *
 * @param streams number of sequences of the context
 * @param cells tokens per stream
 */
public record StreamLayout(int streams, int cells) {
  // llama_context of llama.cpp 0.5.0 rounds up to this multiple: GGML_PAD(n_ctx_seq, 256).
  private static final int GRAIN = 256;

  /**
   * Returns a layout of up to {@code wanted} streams within {@code total} cells, or of one stream
   * when a single sequence needs them all.
   *
   * @param total cells of the context; exceeded when one stream of {@code longest} tokens needs
   *     more
   * @param longest minimum tokens per stream
   * @param longestEver maximum tokens of any sequence; a stream gets no more cells than that,
   *     rounded up
   * @param wanted maximum number of streams
   */
  public static StreamLayout of(int total, int longest, int longestEver, int wanted) {
    int streams = streams(total, longest, wanted);
    int each = total / streams / GRAIN * GRAIN;
    return new StreamLayout(
        streams, Math.max(rounded(longest), Math.min(each, rounded(longestEver))));
  }

  /** Returns the number of streams of such a layout. */
  public static int streams(int total, int longest, int wanted) {
    return Math.max(1, Math.min(wanted, total / rounded(longest)));
  }

  /** Returns {@code tokens} rounded up to the cells of a stream; below 2³¹ for any token count. */
  public static int rounded(int tokens) {
    return (int) Math.min(Integer.MAX_VALUE / GRAIN * GRAIN, (tokens + GRAIN - 1L) / GRAIN * GRAIN);
  }
}
