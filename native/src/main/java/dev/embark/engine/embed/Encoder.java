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
 * Computes packed batches on its own llama.cpp context and emits one pooled vector per sequence.
 *
 * <p>The context is sized for the usual batch and replaced by a larger one when a longer sequence
 * arrives, because its buffers grow with its capacity. Sequences without a finite vector are
 * retried once together and then bisected until the faulty sequence is isolated. Every retry runs
 * on a new context, since a failed computation may leave NaN in the buffers of the old one.
 * Sequences whose context is refused for lack of memory fail at once, and the current context is
 * kept. Not thread-safe, except for {@link #cancel}.
 */
public final class Encoder implements AutoCloseable {
  /** Receives the result of each sequence. */
  interface Sink {
    /**
     * Receives {@code vector[0 … dimensions)}, pooled but not normalised, or the outputs of a
     * reranker's head; of a sequence with parts, the vectors of the parts one after the other.
     * Valid during the call only.
     */
    void vector(int sequence, float[] vector);

    /** Receives the error of a sequence that has no vector. */
    void error(int sequence, EmbarkException error);
  }

  /** Creates the contexts of an encoder. */
  public interface ContextFactory {
    /**
     * Creates a context.
     *
     * @param capacity in tokens per batch
     * @throws EmbarkException when the context cannot be created
     */
    LlamaContext open(int capacity);

    /**
     * Reserves memory; called before each {@link #open}.
     *
     * @throws EmbarkException when the memory is refused
     */
    default void claim(int capacity) {}

    /** Returns the number of floats that a context gives for each sequence. */
    default int outputs(LlamaModel model) {
      return model.dimensions();
    }

    /** Returns a factory of contexts on {@code model}. */
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

        @Override
        public int outputs(LlamaModel any) {
          return pooling == Pooling.RANK ? any.scores() : any.dimensions();
        }
      };
    }
  }

  private static final int[] NONE = {};

  private final LlamaModel model;
  private final ContextFactory contexts;
  private final int usualCapacity;
  private final float[] vector;
  private LlamaContext context; // null when the last context could not be replaced
  private TokenBatch batch; // belongs to context
  private boolean suspect; // whether the context must be replaced before its next use
  private boolean closed;
  private EmbarkException failure; // of the last attempt
  private boolean refused; // whether the last attempt was refused context memory
  private volatile boolean cancelled;

  /**
   * Creates the first context.
   *
   * @param capacity tokens of the usual batch
   * @throws EmbarkException when the context cannot be created
   */
  Encoder(LlamaModel model, int capacity, ContextFactory contexts) {
    this.model = model;
    this.contexts = contexts;
    this.usualCapacity = capacity;
    this.vector = new float[contexts.outputs(model)];
    contexts.claim(capacity);
    open(capacity);
  }

  /** Returns the maximum number of sequences per batch. */
  int maxSequences() {
    return LlamaContext.maxSequences(usualCapacity);
  }

  /**
   * Computes the sequences of one batch.
   *
   * @param sequences indices into {@code texts}; owned by the caller
   * @param isCancelled polled before each native call
   * @throws EmbarkException of kind CANCELLED; the encoder stays usable
   */
  void encode(TokenizedTexts texts, int[] sequences, BooleanSupplier isCancelled, Sink sink) {
    int[] failed = attempt(texts, sequences, isCancelled, sink);
    if (failed.length > 0 && !refused) {
      failed = attempt(texts, failed, isCancelled, sink);
    }
    isolate(texts, failed, isCancelled, sink);
  }

  /** Bisects sequences that failed together until each has a vector or has failed alone. */
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

  /** Computes sequences in one native call and returns those without a vector. */
  private int[] attempt(
      TokenizedTexts texts, int[] sequences, BooleanSupplier isCancelled, Sink sink) {
    if (cancelled || isCancelled.getAsBoolean()) {
      throw EmbarkException.cancelled();
    }
    int tokens = 0;
    int places = 0;
    for (int sequence : sequences) {
      tokens += texts.length(sequence);
      places += texts.places(sequence);
    }
    // A context has at most as many sequences as tokens.
    if (!prepare(Math.max(tokens, places))) {
      return sequences;
    }
    batch.clear();
    try {
      int place = 0;
      for (int sequence : sequences) {
        batch.addSequence(
            texts.ids(),
            texts.offset(sequence),
            texts.length(sequence),
            place,
            texts.parts(sequence));
        place += texts.places(sequence);
      }
    } catch (IllegalArgumentException e) {
      return fail(sequences, Kind.MODEL, "The tokenizer contradicts the model: " + e.getMessage());
    }
    return switch (context.decode(batch)) {
      case DONE -> handOut(texts, sequences, sink);
      case CANCELLED -> throw EmbarkException.cancelled();
      case OUT_OF_MEMORY ->
          fail(
              sequences, Kind.OUT_OF_MEMORY, withReason("There was no memory to compute the text"));
      case FAILED ->
          fail(sequences, Kind.MODEL, withReason("llama.cpp could not compute the text"));
    };
  }

  /**
   * Passes the finite vectors of the last call to the sink and returns the sequences without one.
   */
  private int[] handOut(TokenizedTexts texts, int[] sequences, Sink sink) {
    int[] failed = NONE;
    int place = 0;
    for (int sequence : sequences) {
      int parts = texts.places(sequence) - 1;
      float[] all = parts == 0 ? vector : new float[parts * vector.length];
      boolean given = parts == 0 ? context.embedding(place, all) : embeddings(place + 1, all);
      place += 1 + parts;
      if (given && isFinite(all)) {
        sink.vector(sequence, all);
      } else {
        failed = Arrays.copyOf(failed, failed.length + 1);
        failed[failed.length - 1] = sequence;
        if (given) {
          fail(failed, Kind.NOT_FINITE, "The model gave a vector with NaN or infinity.");
        } else {
          fail(failed, Kind.MODEL, "The model gave no vector for the text.");
        }
      }
    }
    return failed;
  }

  /** Copies the vectors of consecutive sequences of the last call, the first of them given. */
  private boolean embeddings(int first, float[] out) {
    boolean given = true;
    for (int at = 0; at < out.length && given; at += vector.length) {
      given = context.embedding(first + at / vector.length, vector);
      System.arraycopy(vector, 0, out, at, vector.length);
    }
    return given;
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

  /** Returns whether {@link #cancel} is in effect. */
  boolean isCancelled() {
    return cancelled;
  }

  /** Cancels the running and all later {@link #encode} calls until called with false. */
  synchronized void cancel(boolean cancel) {
    cancelled = cancel;
    if (context != null) {
      context.cancel(cancel);
    }
  }

  /** Ensures a sound context with room for {@code tokens}; returns false when there is none. */
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
      suspect = true; // freed before the next attempt, which needs the memory
      failure = e;
      return false;
    }
  }

  /**
   * Returns the usual capacity or, for a larger batch, the next power of two, limited by the
   * model's context.
   */
  private int capacityFor(int tokens) {
    return tokens <= usualCapacity
        ? usualCapacity
        : Math.max(tokens, Math.min(Integer.highestOneBit(tokens - 1) * 2, model.trainedContext()));
  }

  /** Replaces the context; on failure the current one is kept. */
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

  /** Frees the context; idempotent. */
  @Override
  public synchronized void close() {
    closed = true;
    free();
  }
}
