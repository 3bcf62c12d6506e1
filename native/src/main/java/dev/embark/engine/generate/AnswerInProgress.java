package dev.embark.engine.generate;

import dev.embark.llama.Sampler;
import dev.embark.llama.TokenBatch;

/**
 * A row on its way through a context: its prompt is taken in by parts, then its answer grows by a
 * token a batch. A failure starts it anew. Owns a sampler while it is on. For one thread.
 */
final class AnswerInProgress {
  private static final int NONE = -1;

  private final int row;
  private final int[] prompt;
  private final int maxTokens;
  private final Answer answer;
  private final int[] sequence = {NONE}; // as a batch takes it
  private Sampler sampler;
  private int seen; // tokens that the context has
  private int added; // tokens in the batch that is being filled
  private int next; // the token that was chosen last
  private int output; // index in the batch of the token to choose behind, or NONE
  private int failures; // while it was alone

  /**
   * @param prompt its tokens, at least one
   * @param maxTokens of the answer
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

  /** Cells that it may come to need, prompt included. */
  int cells() {
    return prompt.length + maxTokens;
  }

  /** Its sequence in the context, or -1 while it waits. */
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
   * @param shared tokens of its prompt that its sequence has already
   * @param newSampler which it owns from now on
   */
  void start(int newSequence, int shared, Sampler newSampler) {
    sequence[0] = newSequence;
    sampler = newSampler;
    seen = shared;
    answer.clear();
  }

  /** Goes on in another sequence, which has all that its own had. */
  void moveTo(int newSequence) {
    sequence[0] = newSequence;
  }

  /** Leaves the context; may enter again. */
  void stop() {
    sequence[0] = NONE;
    sampler.close();
    sampler = null;
  }

  /** Counts a failure for which no neighbour can be the reason. */
  void countFailure() {
    failures++;
  }

  /** Whether its prompt is in the context, so that it goes on by one token a batch. */
  boolean isAnswering() {
    return seen >= prompt.length;
  }

  /** Adds the token that was chosen last, or as much of the prompt as there is room for. */
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
      // The last of a part is an output in any case: a batch has to have one.
      batch.add(prompt[seen + i], seen + i, sequence, i == added - 1);
    }
    if (seen + added == prompt.length) {
      output = batch.size() - 1;
    }
  }

  /** Whether it has tokens in the batch. */
  boolean isInBatch() {
    return added > 0;
  }

  /** Has no token in the batch that is filled next. */
  void sitOut() {
    added = 0;
    output = NONE;
  }

  /** Takes note of a batch that was computed. */
  void computed() {
    seen += added;
  }

  /** Where in that batch the output is that its next token comes from, or -1. */
  int output() {
    return output;
  }

  /** Takes the token that was chosen, and is to be added to the next batch. */
  void choose(int token) {
    next = token;
  }

  /** Whether the answer has all the tokens it may have. */
  boolean isFull() {
    return answer.tokens() == maxTokens;
  }
}
