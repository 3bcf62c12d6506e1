package dev.embark.llama;

import dev.embark.engine.rows.EmbarkException;
import java.util.Arrays;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Owns a {@code llama_batch}: tokens with their positions and sequence ids.
 *
 * <p>Input on which llama.cpp 0.5.0 would write out of bounds, abort or fail ({@code
 * llama_batch_allocr::init}) is rejected with the token, its sequence and its position, and the
 * batch stays unchanged. Defaults follow that function: the next position, sequence 0, and every
 * token an output, since embedding contexts need all outputs. Not thread-safe.
 */
public final class TokenBatch implements AutoCloseable {
  private static final int[] FIRST_SEQUENCE = {0};
  private static final int NONE = -1;

  private final int capacity;
  private final int maxSequences;
  private final int vocabularySize;
  private final int trainedContext;
  private final int[] next; // next position per sequence; NONE while the sequence is empty
  private Pointer handle;
  private int size;
  private int outputs;

  /**
   * Creates an empty batch.
   *
   * @param capacity in tokens
   * @param maxSequences exclusive upper bound of sequence ids
   * @throws EmbarkException of kind OUT_OF_MEMORY
   */
  public TokenBatch(LlamaModel model, int capacity, int maxSequences) {
    this.capacity = capacity;
    this.maxSequences = maxSequences;
    this.vocabularySize = model.vocabularySize();
    this.trainedContext = model.trainedContext();
    this.next = new int[maxSequences];
    Arrays.fill(next, NONE);
    this.handle = Llama.embark_batch_new(capacity);
    if (handle == null) {
      throw noMemory(capacity);
    }
    NativeHandles.opened();
  }

  /** Returns the capacity in tokens. */
  public int capacity() {
    return capacity;
  }

  /** Returns the number of tokens in the batch. */
  public int size() {
    checkOpen();
    return size;
  }

  /** Appends one token to sequence 0 at its next position. */
  public void add(int token) {
    add(token, FIRST_SEQUENCE);
  }

  /** Appends one token at the next position of the first of its sequences. */
  public void add(int token, int[] sequenceIds) {
    boolean known = sequenceIds.length > 0 && sequenceIds[0] >= 0 && sequenceIds[0] < maxSequences;
    add(token, known ? Math.max(0, next[sequenceIds[0]]) : 0, sequenceIds, true);
  }

  /**
   * Appends one token.
   *
   * @param position the next position in each of its sequences; any position in an empty sequence
   * @param sequenceIds one or more distinct sequences that contain the token
   * @param output whether the model's output at this token is needed
   * @throws EmbarkException of kind OUT_OF_MEMORY, only when ids of further sequences need memory
   */
  public void add(int token, int position, int[] sequenceIds, boolean output) {
    checkRoom(1);
    int sequence = sequenceIds.length > 0 ? sequenceIds[0] : NONE;
    if (token < 0 || token >= vocabularySize) {
      throw refuse(token, sequence, position, "the vocabulary has " + vocabularySize + " tokens");
    }
    if (position < 0 || position >= trainedContext) {
      throw refuse(token, sequence, position, "the model's context has " + trainedContext);
    }
    if (sequenceIds.length < 1 || sequenceIds.length > maxSequences) {
      throw refuse(
          token, sequence, position, "in " + sequenceIds.length + " of " + maxSequences + " ids");
    }
    for (int i = 0; i < sequenceIds.length; i++) {
      checkSequence(token, sequenceIds, i, position);
    }
    if (!Llama.embark_batch_add(
        handle(), token, position, sequenceIds, sequenceIds.length, output)) {
      throw noMemory(size + 1);
    }
    for (int id : sequenceIds) {
      next[id] = position + 1;
    }
    outputs += output ? 1 : 0;
    size++;
  }

  /** Appends {@code ids[offset … offset + n)} as a new sequence that starts at position 0. */
  public void addSequence(IntPointer ids, long offset, int n, int sequenceId) {
    checkRoom(n);
    if (n > trainedContext) {
      throw refuse(
          ids.get(offset + trainedContext),
          sequenceId,
          trainedContext,
          "the model's context has " + trainedContext);
    }
    if (sequenceId < 0 || sequenceId >= maxSequences) {
      throw refuse(ids.get(offset), sequenceId, 0, "the batch has " + maxSequences + " sequences");
    }
    if (next[sequenceId] != NONE) {
      throw refuse(ids.get(offset), sequenceId, 0, "the sequence is in the batch already");
    }
    int unknown = Llama.embark_tokens_unknown(ids, offset, n, vocabularySize);
    if (unknown >= 0) {
      throw refuse(
          ids.get(offset + unknown),
          sequenceId,
          unknown,
          "the vocabulary has " + vocabularySize + " tokens");
    }
    if (!Llama.embark_batch_add_sequence(handle(), ids, offset, n, sequenceId)) {
      throw noMemory(size + n);
    }
    next[sequenceId] = n;
    outputs += n;
    size += n;
  }

  /**
   * Appends {@code ids[offset … offset + n)} as a new sequence that starts at position 0, and its
   * parts as the sequences {@code sequenceId + 1, sequenceId + 2, …}. A token attends to all tokens
   * of the sequence, since llama.cpp takes the first sequence of a token for that; the mean of a
   * part is that of its tokens.
   *
   * @param parts as {@link TokenizedTexts#parts} returns them
   */
  public void addSequence(IntPointer ids, long offset, int n, int sequenceId, int[] parts) {
    if (parts.length == 0) {
      addSequence(ids, offset, n, sequenceId);
      return;
    }
    checkRoom(n);
    int first = 0; // the first part that may have the token
    for (int token = 0; token < n; token++) {
      while (first < parts.length && parts[first + 1] <= token) {
        first += 2;
      }
      int end = first;
      while (end < parts.length && parts[end] <= token) {
        end += 2;
      }
      int[] of = new int[1 + (end - first) / 2];
      of[0] = sequenceId;
      for (int i = 1; i < of.length; i++) {
        of[i] = sequenceId + first / 2 + i;
      }
      add(ids.get(offset + token), token, of, true);
    }
  }

  /** Removes all tokens. */
  public void clear() {
    Llama.embark_batch_clear(handle());
    Arrays.fill(next, NONE);
    outputs = 0;
    size = 0;
  }

  /** Returns the native batch; valid until {@link #close()}. */
  Pointer handle() {
    checkOpen();
    return handle;
  }

  /**
   * Checks that the batch has an output.
   *
   * @throws IllegalArgumentException when the batch is empty or none of its tokens is an output
   */
  void checkOutputs() {
    if (outputs == 0) {
      throw new IllegalArgumentException("none of " + size() + " tokens is an output");
    }
  }

  @Override
  public void close() {
    if (handle != null) {
      Llama.embark_batch_free(handle);
      handle = null;
      NativeHandles.closed();
    }
  }

  private void checkOpen() {
    if (handle == null) {
      throw new IllegalStateException("The batch is closed.");
    }
  }

  private void checkRoom(int n) {
    if (n < 1 || n > capacity - size()) {
      throw new IllegalArgumentException(
          n + " more tokens in a batch of " + capacity + " that holds " + size());
    }
  }

  private void checkSequence(int token, int[] sequenceIds, int i, int position) {
    int id = sequenceIds[i];
    if (id < 0 || id >= maxSequences) {
      throw refuse(token, id, position, "the batch has " + maxSequences + " sequences");
    }
    for (int other = 0; other < i; other++) {
      if (sequenceIds[other] == id) {
        throw refuse(token, id, position, "the sequence is given twice");
      }
    }
    if (next[id] != NONE && next[id] != position) {
      throw refuse(token, id, position, "the sequence goes on at " + next[id]);
    }
  }

  private static EmbarkException noMemory(int tokens) {
    return new EmbarkException(
        EmbarkException.Kind.OUT_OF_MEMORY,
        "No memory for a batch of " + tokens + " tokens; make batchTokens smaller.");
  }

  private static IllegalArgumentException refuse(
      int token, int sequence, int position, String reason) {
    return new IllegalArgumentException(
        "token " + token + " of sequence " + sequence + " at position " + position + ": " + reason);
  }
}
