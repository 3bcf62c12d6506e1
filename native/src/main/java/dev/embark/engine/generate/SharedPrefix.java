package dev.embark.engine.generate;

import dev.embark.llama.GenerationContext;
import dev.embark.llama.LlamaContext;
import dev.embark.llama.TokenBatch;
import java.util.Arrays;
import java.util.Collection;

/**
 * Common prefix of all prompts of a window, computed once in a sequence of its own and copied into
 * the sequences of the rows. It is reused while later windows start with the same tokens. Not
 * thread-safe.
 */
final class SharedPrefix {
  /** The sequence that holds the prefix. */
  static final int SEQUENCE = 0;

  // Recomputing a shorter prefix costs less than the sequence it would occupy.
  private static final int MIN_TOKENS = 16;
  private static final int[] NOTHING = {};

  private final GenerationContext context;
  private final TokenBatch batch;
  private int[] tokens = NOTHING; // currently in the context

  SharedPrefix(GenerationContext context, TokenBatch batch) {
    this.context = context;
    this.batch = batch;
  }

  /** Returns whether the prompts share enough tokens to justify a sequence. */
  static boolean isWorth(Collection<AnswerInProgress> rows) {
    return rows.size() > 1 && common(rows).length >= MIN_TOKENS;
  }

  /** Returns the length in tokens. */
  int length() {
    return tokens.length;
  }

  /** Resets the state after the context was cleared. */
  void clear() {
    tokens = NOTHING;
  }

  /**
   * Loads the common prefix of these prompts into the context. The last token of each prompt is
   * never shared, since its output starts the answer. No other sequence may be in use meanwhile.
   *
   * @return status of the last batch; unless DONE, no prefix is shared
   */
  LlamaContext.Status load(Collection<AnswerInProgress> rows) {
    int[] common = rows.size() > 1 ? common(rows) : NOTHING;
    if (rows.size() == 1 && startsWith(rows.iterator().next().prompt(), tokens)
        || Arrays.equals(common, tokens)) {
      return LlamaContext.Status.DONE;
    }
    context.forget(SEQUENCE);
    tokens = NOTHING;
    int[] sequence = {SEQUENCE};
    for (int start = 0; start < common.length; start += batch.capacity()) {
      batch.clear();
      int end = Math.min(common.length, start + batch.capacity());
      for (int i = start; i < end; i++) {
        batch.add(common[i], i, sequence, i == end - 1);
      }
      LlamaContext.Status status = context.decode(batch);
      if (status != LlamaContext.Status.DONE) {
        return status;
      }
    }
    tokens = common;
    return LlamaContext.Status.DONE;
  }

  private static int[] common(Collection<AnswerInProgress> rows) {
    int[] first = rows.iterator().next().prompt();
    int length = first.length;
    for (AnswerInProgress row : rows) {
      int mismatch = Arrays.mismatch(first, row.prompt());
      length = Math.min(length, mismatch < 0 ? row.prompt().length : mismatch);
      length = Math.min(length, row.prompt().length - 1);
    }
    return Arrays.copyOf(first, length);
  }

  private static boolean startsWith(int[] prompt, int[] prefix) {
    return prompt.length > prefix.length
        && Arrays.equals(prompt, 0, prefix.length, prefix, 0, prefix.length);
  }
}
