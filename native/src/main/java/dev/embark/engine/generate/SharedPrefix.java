package dev.embark.engine.generate;

import dev.embark.llama.GenerationContext;
import dev.embark.llama.LlamaContext;
import dev.embark.llama.TokenBatch;
import java.util.Arrays;
import java.util.Collection;

/**
 * The tokens that all prompts of a window begin with, computed once into a sequence of their own,
 * of which those of the rows get a copy. Stays for the next window that begins alike. For one
 * thread.
 */
final class SharedPrefix {
  /** The sequence that holds it. */
  static final int SEQUENCE = 0;

  // Fewer are computed again sooner than a place of the context is given up for them.
  private static final int MIN_TOKENS = 16;
  private static final int[] NOTHING = {};

  private final GenerationContext context;
  private final TokenBatch batch;
  private int[] tokens = NOTHING; // in the context

  SharedPrefix(GenerationContext context, TokenBatch batch) {
    this.context = context;
    this.batch = batch;
  }

  /** Whether prompts have enough in common to have a sequence for it. */
  static boolean isWorth(Collection<AnswerInProgress> rows) {
    return rows.size() > 1 && common(rows).length >= MIN_TOKENS;
  }

  /** Tokens of it. */
  int length() {
    return tokens.length;
  }

  /** Forgets it, after the context did. */
  void clear() {
    tokens = NOTHING;
  }

  /**
   * Sees to it that the context has what these prompts begin with, but for their last tokens, which
   * answers come from. The context has no other sequence meanwhile.
   *
   * @return how the last batch ended; unless DONE, nothing is shared
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
