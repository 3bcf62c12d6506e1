package dev.embark.engine.embed;

import dev.embark.engine.batch.ContextMemory;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.llama.LlamaBackend;
import dev.embark.llama.LlamaContext;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenBatch;
import dev.embark.llama.TokenizedTexts;
import java.util.Arrays;
import java.util.function.BooleanSupplier;

/**
 * Computes packed batches on a context of its own and hands out the pooled vector of each sequence.
 *
 * <p>The context has room for the usual batch; it is replaced by a larger one when a longer
 * sequence comes, since its buffers grow with its capacity. Sequences that get no finite vector are
 * computed once more, then in halves, until the one that fails stands alone; each time on a new
 * context, since what failed may have left NaN in the old one's buffers. Those that are refused the
 * memory for a context fail at once, and the context stays. For one thread, but {@link #cancel} is
 * for any.
 */
public final class Encoder implements AutoCloseable {
  /** Takes what became of a sequence. */
  interface Sink {
    /** {@code vector[0 … dimensions)} as pooled; valid during the call only. */
    void vector(int sequence, float[] vector);

    /** The sequence has no vector. */
    void error(int sequence, EmbarkException error);
  }

  /** Makes the contexts of an encoder. */
  public interface ContextFactory {
    /**
     * @param capacity tokens of a batch
     * @throws EmbarkException when there can be none
     */
    LlamaContext open(int capacity);

    /**
     * Called before each {@link #open}.
     *
     * @throws EmbarkException when its memory is refused
     */
    default void claim(int capacity) {}

    /** Of the model. */
    static ContextFactory of(LlamaModel model, Pooling pooling, ContextMemory memory) {
      return new ContextFactory() {
        @Override
        public LlamaContext open(int capacity) {
          return new LlamaContext(model, capacity, pooling);
        }

        @Override
        public void claim(int capacity) {
          memory.claim(capacity);
        }
      };
    }
  }

  private static final int[] NONE = {};

  private final LlamaModel model;
  private final ContextFactory contexts;
  private final int usualCapacity;
  private final float[] vector;
  private LlamaContext context; // null when the last one could not be replaced
  private TokenBatch batch; // of the context
  private boolean suspect; // whether the context has to be replaced before it is used
  private boolean closed;
  private EmbarkException failure; // of the last attempt
  private boolean refused; // whether that was for want of a context's memory
  private volatile boolean cancelled;

  /**
   * Makes the first context.
   *
   * @param capacity tokens of the usual batch
   * @throws EmbarkException when there can be none
   */
  Encoder(LlamaModel model, int capacity, ContextFactory contexts) {
    this.model = model;
    this.contexts = contexts;
    this.usualCapacity = capacity;
    this.vector = new float[model.dimensions()];
    contexts.claim(capacity);
    open(capacity);
  }

  /** Sequences that a batch may have. */
  int maxSequences() {
    return LlamaContext.maxSequences(usualCapacity);
  }

  /**
   * Computes the sequences of a batch.
   *
   * @param sequences indices into {@code texts}; stays the caller's
   * @param isCancelled asked before each native call
   * @throws EmbarkException of kind CANCELLED; the encoder stays usable
   */
  void encode(TokenizedTexts texts, int[] sequences, BooleanSupplier isCancelled, Sink sink) {
    int[] failed = attempt(texts, sequences, isCancelled, sink);
    if (failed.length > 0 && !refused) {
      failed = attempt(texts, failed, isCancelled, sink);
    }
    isolate(texts, failed, isCancelled, sink);
  }

  /** Halves sequences that failed together until each has a vector or failed alone. */
  private void isolate(TokenizedTexts texts, int[] failed, BooleanSupplier isCancelled, Sink sink) {
    if (failed.length == 1) {
      sink.error(failed[0], failure);
    } else if (failed.length > 1) {
      int half = failed.length / 2;
      for (int[] part :
          new int[][] {
            Arrays.copyOfRange(failed, 0, half), Arrays.copyOfRange(failed, half, failed.length)
          }) {
        isolate(texts, attempt(texts, part, isCancelled, sink), isCancelled, sink);
      }
    }
  }

  /** Computes sequences in one call, and gives back those that have no vector. */
  private int[] attempt(
      TokenizedTexts texts, int[] sequences, BooleanSupplier isCancelled, Sink sink) {
    if (cancelled || isCancelled.getAsBoolean()) {
      throw EmbarkException.cancelled();
    }
    int tokens = 0;
    for (int sequence : sequences) {
      tokens += texts.length(sequence);
    }
    if (!prepare(tokens)) {
      return sequences;
    }
    batch.clear();
    try {
      for (int i = 0; i < sequences.length; i++) {
        batch.addSequence(texts.ids(), texts.offset(sequences[i]), texts.length(sequences[i]), i);
      }
    } catch (IllegalArgumentException e) {
      return fail(sequences, Kind.MODEL, "The tokenizer contradicts the model: " + e.getMessage());
    }
    return switch (context.decode(batch)) {
      case DONE -> handOut(sequences, sink);
      case CANCELLED -> throw EmbarkException.cancelled();
      case OUT_OF_MEMORY ->
          fail(
              sequences, Kind.OUT_OF_MEMORY, withReason("There was no memory to compute the text"));
      case FAILED ->
          fail(sequences, Kind.MODEL, withReason("llama.cpp could not compute the text"));
    };
  }

  /** Gives the finite vectors of the last call to the sink, and back those that have none. */
  private int[] handOut(int[] sequences, Sink sink) {
    int[] failed = NONE;
    for (int i = 0; i < sequences.length; i++) {
      boolean given = context.embedding(i, vector);
      if (given && isFinite(vector)) {
        sink.vector(sequences[i], vector);
      } else {
        failed = Arrays.copyOf(failed, failed.length + 1);
        failed[failed.length - 1] = sequences[i];
        if (given) {
          fail(failed, Kind.NOT_FINITE, "The model gave a vector with NaN or infinity.");
        } else {
          fail(failed, Kind.MODEL, "The model gave no vector for the text.");
        }
      }
    }
    return failed;
  }

  private int[] fail(int[] sequences, Kind kind, String message) {
    suspect = true;
    failure = new EmbarkException(kind, message);
    return sequences;
  }

  private static String withReason(String what) {
    return what + ": " + LlamaBackend.reason("no reason given");
  }

  private static boolean isFinite(float[] vector) {
    for (float value : vector) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  /** Whether work is to end. */
  boolean isCancelled() {
    return cancelled;
  }

  /** Ends the running and every later {@link #encode}, until it is called with false. */
  synchronized void cancel(boolean cancel) {
    cancelled = cancel;
    if (context != null) {
      context.cancel(cancel);
    }
  }

  /** Sees to a sound context with room for a batch; false when there is none. */
  private boolean prepare(int tokens) {
    refused = false;
    if (context != null && !suspect && tokens <= context.capacity()) {
      return true;
    }
    int capacity = capacityFor(tokens);
    try {
      contexts.claim(capacity);
    } catch (EmbarkException e) {
      refused = true;
      failure = e;
      return false;
    }
    try {
      if (suspect) {
        free();
      }
      open(capacity);
      return true;
    } catch (EmbarkException e) {
      suspect = true; // its memory is better spent on the next one
      failure = e;
      return false;
    }
  }

  /** The usual capacity, or the next power of two that has room, within the model's context. */
  private int capacityFor(int tokens) {
    return tokens <= usualCapacity
        ? usualCapacity
        : Math.max(tokens, Math.min(Integer.highestOneBit(tokens - 1) * 2, model.trainedContext()));
  }

  /** Puts a new context in the place of the one there is, which stays if there cannot be one. */
  private synchronized void open(int capacity) {
    if (closed) {
      throw new IllegalStateException("The encoder is closed.");
    }
    LlamaContext newContext = contexts.open(capacity);
    TokenBatch newBatch;
    try {
      newBatch = new TokenBatch(model, capacity, newContext.maxSequences());
    } catch (RuntimeException | Error e) {
      newContext.close();
      throw e;
    }
    free();
    context = newContext;
    batch = newBatch;
    context.cancel(cancelled);
  }

  private synchronized void free() {
    suspect = false;
    if (context != null) {
      batch.close();
      context.close();
      batch = null;
      context = null;
    }
  }

  /** Frees the context; does nothing the second time. */
  @Override
  public synchronized void close() {
    closed = true;
    free();
  }
}
