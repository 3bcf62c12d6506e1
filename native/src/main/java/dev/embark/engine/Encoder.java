package dev.embark.engine;

import dev.embark.engine.EmbeddingException.Kind;
import java.util.Arrays;
import java.util.function.BooleanSupplier;

/**
 * Computes packed batches on a context of its own and hands out the pooled vector of each sequence.
 *
 * <p>The context has room for the usual batch; it is replaced by a larger one when a longer
 * sequence comes, since its buffers grow with its capacity. A batch that fails is halved until the
 * sequence that fails stands alone. For one thread, but {@link #cancel} is for any.
 */
final class Encoder implements AutoCloseable {
  /** Takes what became of a sequence. */
  interface Sink {
    /** {@code vector[0 … dimensions)} as pooled; valid during the call only. */
    void vector(int sequence, float[] vector);

    /** The sequence has no vector. */
    void error(int sequence, EmbeddingException error);
  }

  private final LlamaModel model;
  private final Pooling pooling;
  private final float[] vector;
  private LlamaContext context;
  private TokenBatch batch;
  private volatile boolean cancelled;

  Encoder(LlamaModel model, Pooling pooling, int capacity) {
    this.model = model;
    this.pooling = pooling;
    this.vector = new float[model.dimensions()];
    open(capacity);
  }

  int maxSequences() {
    return context.maxSequences();
  }

  /**
   * Computes the sequences of a batch.
   *
   * @param isCancelled asked before each native call
   * @throws EmbeddingException of kind CANCELLED; the encoder stays usable
   */
  void encode(TokenizedTexts texts, PackedBatch packed, BooleanSupplier isCancelled, Sink sink) {
    if (packed.tokens() > context.capacity()) {
      try {
        open(capacityFor(packed.tokens()));
      } catch (EmbeddingException e) {
        for (int sequence : packed.sequences()) {
          sink.error(sequence, e);
        }
        return;
      }
    }
    encode(texts, packed.sequences(), isCancelled, sink);
  }

  private void encode(
      TokenizedTexts texts, int[] sequences, BooleanSupplier isCancelled, Sink sink) {
    if (cancelled || isCancelled.getAsBoolean()) {
      throw new EmbeddingException(Kind.CANCELLED, "The embedding was cancelled.");
    }
    batch.clear();
    for (int i = 0; i < sequences.length; i++) {
      int sequence = sequences[i];
      batch.addSequence(texts.ids(), texts.offset(sequence), texts.length(sequence), i);
    }
    switch (context.decode(batch)) {
      case DONE -> {
        for (int i = 0; i < sequences.length; i++) {
          handOut(sequences[i], i, sink);
        }
      }
      case CANCELLED ->
          throw new EmbeddingException(Kind.CANCELLED, "The embedding was cancelled.");
      case FAILED -> {
        if (sequences.length == 1) {
          sink.error(
              sequences[0],
              new EmbeddingException(
                  Kind.MODEL,
                  "llama.cpp could not compute the text: "
                      + LlamaBackend.reason("no reason given")));
        } else {
          int half = sequences.length / 2;
          encode(texts, Arrays.copyOfRange(sequences, 0, half), isCancelled, sink);
          encode(texts, Arrays.copyOfRange(sequences, half, sequences.length), isCancelled, sink);
        }
      }
    }
  }

  private void handOut(int sequence, int sequenceId, Sink sink) {
    if (!context.embedding(sequenceId, vector)) {
      sink.error(
          sequence, new EmbeddingException(Kind.MODEL, "The model gave no vector for the text."));
      return;
    }
    for (float value : vector) {
      if (!Float.isFinite(value)) {
        sink.error(
            sequence,
            new EmbeddingException(
                Kind.NOT_FINITE, "The model gave a vector with NaN or infinite values."));
        return;
      }
    }
    sink.vector(sequence, vector);
  }

  /** Ends the running and every later {@link #encode}, until it is called with false. */
  synchronized void cancel(boolean cancel) {
    cancelled = cancel;
    context.cancel(cancel);
  }

  /** The next power of two that has room, within the model's context. */
  private int capacityFor(int tokens) {
    return Math.max(
        tokens, Math.min(Integer.highestOneBit(tokens - 1) * 2, model.trainedContext()));
  }

  /** Puts a new context in the place of the one there is, which stays if there cannot be one. */
  private synchronized void open(int capacity) {
    LlamaContext newContext = new LlamaContext(model, capacity, pooling);
    TokenBatch newBatch;
    try {
      newBatch = new TokenBatch(model, capacity, newContext.maxSequences());
    } catch (RuntimeException e) {
      newContext.close();
      throw e;
    }
    if (context != null) {
      close();
    }
    context = newContext;
    batch = newBatch;
    context.cancel(cancelled);
  }

  @Override
  public synchronized void close() {
    batch.close();
    context.close();
  }
}
