package dev.embark.llama;

import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import org.bytedeco.javacpp.Pointer;

/**
 * A llama.cpp context: the working memory of one computation on a shared model. For embeddings
 * unless a subclass says otherwise.
 *
 * <p>Owns the native context; the model must outlive it. Not thread-safe, except for {@link
 * #cancel}. Tests override {@link #decodeNatively} and {@link #embedding} to inject failures.
 */
public class LlamaContext implements AutoCloseable {
  /** Outcome of a decode. */
  public enum Status {
    DONE,
    CANCELLED,
    OUT_OF_MEMORY,
    FAILED
  }

  /** Limit of llama.cpp: LLAMA_MAX_SEQ. */
  static final int MAX_SEQUENCES = GenerateOptions.MAX_SEQUENCES;

  // Spark tasks provide the parallelism: threads of one context spin at barriers, and throughput
  // collapses under load.
  static final int THREADS = 1;
  private static final int POOLING_NONE = 0;

  // llama_decode's code for GGML_STATUS_ALLOC_FAILED, and what() of the C++ exception.
  private static final int NO_MEMORY = -2;
  private static final String BAD_ALLOCATION = "std::bad_alloc";

  private final int capacity;
  private final int maxSequences;
  private Pointer handle;

  /**
   * Creates a context for embeddings.
   *
   * @param capacity tokens per batch, rounded up by {@link #room}; llama.cpp's n_ctx, n_batch and
   *     n_ubatch
   * @throws EmbarkException when the model is a reranker, or is none and {@code pooling} is {@code
   *     RANK}; when it has no pooling that gives one vector per text; or when llama.cpp cannot
   *     create the context
   */
  public LlamaContext(LlamaModel model, int capacity, Pooling pooling) {
    this(
        embeddings(model, room(capacity), pooling),
        "a context of " + room(capacity) + " tokens",
        room(capacity),
        maxSequences(capacity));
    if (Llama.embark_context_pooling(handle) == POOLING_NONE) {
      close();
      throw new EmbarkException(
          Kind.MODEL,
          "The model "
              + model.path()
              + " names no pooling in its file; set pooling=mean, cls or last, as its authors do.");
    }
  }

  /**
   * Takes ownership of a native context of another kind.
   *
   * @param handle null when llama.cpp could not create the context
   * @param what description for messages
   * @throws EmbarkException of kind OUT_OF_MEMORY when {@code handle} is null
   */
  public LlamaContext(Pointer handle, String what, int capacity, int maxSequences) {
    this.capacity = capacity;
    this.maxSequences = maxSequences;
    this.handle = handle;
    if (handle == null) {
      throw new EmbarkException(
          Kind.OUT_OF_MEMORY,
          "llama.cpp could not make " + what + ": " + LlamaBackend.reason("no reason given"));
    }
    NativeHandles.opened();
  }

  private static Pointer embeddings(LlamaModel model, int capacity, Pooling pooling) {
    if (pooling == Pooling.RANK) {
      model.checkScores();
    } else {
      model.checkEmbeds();
    }
    // On a CPU, flash attention accumulates in F16, which lowers the accuracy of decoders. Encoders
    // lose none and take twice as long without it (docs/correctness.md).
    boolean flash = model.options().device() != ModelOptions.CPU || !model.keepsTokens();
    Llama.embark_llama_clear_log();
    return Llama.embark_context_new(
        model.handle(),
        capacity,
        maxSequences(capacity),
        pooling.llamaPoolingType(),
        THREADS,
        flash);
  }

  public int capacity() {
    return capacity;
  }

  public int maxSequences() {
    return maxSequences;
  }

  /**
   * Returns the context size for {@code capacity} tokens: {@code capacity} rounded up to a multiple
   * of the number of sequences. When llama.cpp creates a context it tries a batch of sequences of
   * equal length, and with mean pooling a smaller context aborts the process.
   */
  public static int room(int capacity) {
    int sequences = maxSequences(capacity);
    int most = Integer.MAX_VALUE / sequences * sequences;
    return (int) Math.min(most, (capacity + sequences - 1L) / sequences * sequences);
  }

  /** Returns the maximum number of sequences per batch for a context of {@code capacity} tokens. */
  public static int maxSequences(int capacity) {
    return Math.min(MAX_SEQUENCES, capacity);
  }

  /**
   * Computes a batch; vectors of earlier batches become invalid.
   *
   * @throws IllegalArgumentException when the batch exceeds this context, or has no output
   */
  public final Status decode(TokenBatch batch) {
    Llama.embark_llama_clear_log();
    Pointer context = handle();
    if (batch.size() > capacity) {
      throw new IllegalArgumentException(
          "a batch of " + batch.size() + " tokens in a context of " + capacity);
    }
    batch.checkOutputs();
    int code;
    try {
      code = decodeNatively(context, batch);
    } catch (RuntimeException e) {
      // A C++ exception, for example from a check or an allocation in llama.cpp.
      return BAD_ALLOCATION.equals(e.getMessage()) ? Status.OUT_OF_MEMORY : Status.FAILED;
    }
    return switch (code) {
      case 0 -> Status.DONE;
      case 2 -> Status.CANCELLED;
      case NO_MEMORY -> Status.OUT_OF_MEMORY;
      default -> Status.FAILED;
    };
  }

  /**
   * Calls {@code llama_decode}.
   *
   * @return the code of {@code llama_decode}
   * @throws RuntimeException for a C++ exception, with its {@code what()}
   */
  public int decodeNatively(Pointer context, TokenBatch batch) {
    return Llama.embark_context_decode(context, batch.handle());
  }

  /**
   * Copies the pooled vector of a sequence of the last batch into {@code out[0 … dimensions)}; with
   * {@code RANK} the outputs of the head into {@code out[0 … scores)}.
   *
   * @return false when the model produced no vector
   */
  public boolean embedding(int sequenceId, float[] out) {
    return Llama.embark_context_embedding(handle(), sequenceId, out);
  }

  /** Cancels the running and all later decodes until called with false. */
  public final synchronized void cancel(boolean cancel) {
    if (handle != null) {
      Llama.embark_context_cancel(handle, cancel);
    }
  }

  @Override
  public final synchronized void close() {
    if (handle != null) {
      Llama.embark_context_free(handle);
      handle = null;
      NativeHandles.closed();
    }
  }

  /** Returns the native context; valid until {@link #close()}. */
  final Pointer handle() {
    if (handle == null) {
      throw new IllegalStateException("The context is closed.");
    }
    return handle;
  }
}
