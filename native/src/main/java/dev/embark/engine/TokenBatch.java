package dev.embark.engine;

import dev.embark.llama.Llama;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Owns a {@code llama_batch}: tokens, their positions and the sequences they belong to.
 *
 * <p>Whatever would make llama.cpp write past the batch or abort is refused here, and then the
 * batch stays as it was. For one thread.
 */
final class TokenBatch implements AutoCloseable {
  private final int capacity;
  private final int maxSequences;
  private final int vocabularySize;
  private final int trainedContext;
  private Pointer handle;
  private int size;

  /**
   * @param capacity in tokens
   * @param maxSequences sequence ids are below it
   */
  TokenBatch(LlamaModel model, int capacity, int maxSequences) {
    this.capacity = capacity;
    this.maxSequences = maxSequences;
    this.vocabularySize = model.vocabularySize();
    this.trainedContext = model.trainedContext();
    this.handle = Llama.embark_batch_new(capacity, maxSequences);
    if (handle == null) {
      throw new EmbeddingException(
          EmbeddingException.Kind.OUT_OF_MEMORY, "No memory for a batch of " + capacity);
    }
  }

  /** Room in tokens. */
  int capacity() {
    return capacity;
  }

  /** Tokens it holds. */
  int size() {
    checkOpen();
    return size;
  }

  /**
   * Appends one token.
   *
   * @param sequenceIds the sequences that it belongs to, one or more
   * @param output whether the model's output at this token counts
   */
  void add(int token, int position, int[] sequenceIds, boolean output) {
    checkRoom(1);
    checkToken(token, position);
    if (sequenceIds.length < 1 || sequenceIds.length > maxSequences) {
      throw new IllegalArgumentException(
          "token " + token + " at " + position + " is in " + sequenceIds.length + " sequences");
    }
    for (int id : sequenceIds) {
      checkSequence(id);
    }
    Llama.embark_batch_add(handle(), token, position, sequenceIds, sequenceIds.length, output);
    size++;
  }

  /** Appends {@code ids[offset … offset + n)} as a whole sequence from position 0. */
  void addSequence(IntPointer ids, long offset, int n, int sequenceId) {
    checkRoom(n);
    checkSequence(sequenceId);
    if (n > trainedContext) {
      throw new IllegalArgumentException(
          "a sequence of " + n + " tokens, but the model's context is " + trainedContext);
    }
    Llama.embark_batch_add_sequence(handle(), ids, offset, n, sequenceId);
    size += n;
  }

  /** Empties it. */
  void clear() {
    Llama.embark_batch_clear(handle());
    size = 0;
  }

  /** The native batch; valid until {@link #close()}. */
  Pointer handle() {
    checkOpen();
    return handle;
  }

  @Override
  public void close() {
    if (handle != null) {
      Llama.embark_batch_free(handle);
      handle = null;
    }
  }

  private void checkOpen() {
    if (handle == null) {
      throw new IllegalStateException("The batch is closed.");
    }
  }

  private void checkRoom(int n) {
    if (n > capacity - size()) {
      throw new IllegalArgumentException(
          n + " more tokens in a batch of " + capacity + " that holds " + size());
    }
  }

  private void checkToken(int token, int position) {
    if (token < 0 || token >= vocabularySize) {
      throw new IllegalArgumentException(
          "token " + token + " at " + position + "; the vocabulary has " + vocabularySize);
    }
    if (position < 0 || position >= trainedContext) {
      throw new IllegalArgumentException(
          "token " + token + " at " + position + "; the context has " + trainedContext);
    }
  }

  private void checkSequence(int id) {
    if (id < 0 || id >= maxSequences) {
      throw new IllegalArgumentException("sequence " + id + " of at most " + maxSequences);
    }
  }
}
