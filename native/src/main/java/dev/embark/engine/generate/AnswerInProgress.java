package dev.embark.engine.generate;

import dev.embark.llama.Sampler;
import dev.embark.llama.TokenBatch;

/**
 * State of a row in a generation context: its prompt is processed in parts, then its answer grows
 * by one token per batch. After a failure the row starts over. Owns a sampler while it is in the
 * context. Not thread-safe.
 */
final class AnswerInProgress {
  private static final int NONE = -1;

  private final int row;
  private final int[] prompt;
  private final int maxTokens;
  private final Answer answer;
  private final int[] sequence = {NONE}; // an array, as TokenBatch takes it
  private Sampler sampler;
  private int seen; // tokens in the context
  private int added; // tokens in the batch that is being filled
  private int next; // the token sampled last
  private int output; // batch index of the output to sample from, or NONE
  private int failures; // counted only while the row was computed alone

  /**
   * Creates a waiting row.
   *
   * @param prompt its tokens, at least one
   * @param maxTokens maximum length of the answer
   * @param answer empty
   */
  AnswerInProgress(int row, int[] prompt, int maxTokens, Answer answer) {
    this.row = row;
    this.prompt = prompt;
    this.maxTokens = maxTokens;
    this.answer = answer;
  }

  int row() {
    return row;
  }

  int[] prompt() {
    return prompt;
  }

  Answer answer() {
    return answer;
  }

  /** Returns the maximum number of cells the row may need, including those of the prompt. */
  int cells() {
    return prompt.length + maxTokens;
  }

  /** Returns its sequence in the context, or -1 while it waits. */
  int sequence() {
    return sequence[0];
  }

  Sampler sampler() {
    return sampler;
  }

  int failures() {
    return failures;
  }

  /**
   * Enters the context.
   *
   * @param shared number of prompt tokens that its sequence already holds
   * @param newSampler owned by the row from now on
   */
  void start(int newSequence, int shared, Sampler newSampler) {
    sequence[0] = newSequence;
    sampler = newSampler;
    seen = shared;
    answer.clear();
  }

  /** Continues in another sequence, to which its own was copied. */
  void moveTo(int newSequence) {
    sequence[0] = newSequence;
  }

  /** Leaves the context; the row may enter again. */
  void stop() {
    sequence[0] = NONE;
    sampler.close();
    sampler = null;
  }

  /** Counts a failure that no other row of the batch can have caused. */
  void countFailure() {
    failures++;
  }

  /**
   * Returns whether the whole prompt is in the context, so that the row adds one token per batch.
   */
  boolean isAnswering() {
    return seen >= prompt.length;
  }

  /** Adds the token sampled last, or as much of the prompt as fits. */
  void addTo(TokenBatch batch) {
    output = NONE;
    if (isAnswering()) {
      batch.add(next, seen, sequence, true);
      added = 1;
      output = batch.size() - 1;
      return;
    }
    added = Math.min(prompt.length - seen, batch.capacity() - batch.size());
    for (int i = 0; i < added; i++) {
      // The last token of every part is an output, because a batch needs at least one.
      batch.add(prompt[seen + i], seen + i, sequence, i == added - 1);
    }
    if (seen + added == prompt.length) {
      output = batch.size() - 1;
    }
  }

  /** Returns whether the row has tokens in the batch. */
  boolean isInBatch() {
    return added > 0;
  }

  /** Excludes the row from the next batch. */
  void sitOut() {
    added = 0;
    output = NONE;
  }

  /** Records that the batch was computed. */
  void computed() {
    seen += added;
  }

  /** Returns the batch index of the output from which to sample the next token, or -1. */
  int output() {
    return output;
  }

  /** Sets the token for the next batch. */
  void choose(int token) {
    next = token;
  }

  /** Returns whether the answer has reached its maximum length. */
  boolean isFull() {
    return answer.tokens() == maxTokens;
  }
}
