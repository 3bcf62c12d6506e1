package dev.embark.llama;

import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import org.bytedeco.javacpp.Pointer;

/**
 * A llama.cpp context, for embeddings unless a subclass says otherwise: the working memory of one
 * computation on a shared model.
 *
 * <p>Owns the native context; its model must outlive it. For one thread, but {@link #cancel} is for
 * any. Tests replace {@link #decodeNatively} and {@link #embedding} to see what failures do.
 */
public class LlamaContext implements AutoCloseable {
  /** How a decode ended. */
  public enum Status {
    DONE,
    CANCELLED,
    OUT_OF_MEMORY,
    FAILED
  }

  /** llama.cpp's own limit, LLAMA_MAX_SEQ. */
  static final int MAX_SEQUENCES = GenerateOptions.MAX_SEQUENCES;

  // Two threads in one context spin at barriers and collapse under load; tasks are the parallelism.
  static final int THREADS = 1;
  private static final int POOLING_NONE = 0;

  // What llama_decode makes of a GGML_STATUS_ALLOC_FAILED, and what C++ calls it.
  private static final int NO_MEMORY = -2;
  private static final String BAD_ALLOCATION = "std::bad_alloc";

  private final int capacity;
  private final int maxSequences;
  private Pointer handle;

  /**
   * @param capacity tokens of a batch, for which it has {@link #room}; llama.cpp's n_ctx, n_batch
   *     and n_ubatch
   * @throws EmbarkException when the model is a reranker or pools in no way that gives one vector a
   *     text, or llama.cpp cannot make the context
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
              + " names no pooling in its file; say pooling=mean, cls or last, as its authors do.");
    }
  }

  /**
   * A context of another kind, whose handle it owns from now on.
   *
   * @param handle null when llama.cpp could not make it
   * @param what for messages
   * @throws EmbarkException of kind OUT_OF_MEMORY without a handle
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
    model.checkEmbeds();
    // The F16 of flash attention on a CPU costs decoders what rounding of their weights leaves of
    // the vector; encoders lose nothing by it, and take twice as long without
    // (docs/correctness.md).
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
   * Tokens that a context has to have room for: {@code capacity}, and so many more that its
   * sequences could be of one length. llama.cpp tries that out when it makes the context, and ends
   * the process where it pools by the mean and has room for less.
   */
  public static int room(int capacity) {
    int sequences = maxSequences(capacity);
    int most = Integer.MAX_VALUE / sequences * sequences;
    return (int) Math.min(most, (capacity + sequences - 1L) / sequences * sequences);
  }

  /** Sequences that a batch of a context of {@code capacity} tokens may have. */
  public static int maxSequences(int capacity) {
    return Math.min(MAX_SEQUENCES, capacity);
  }

  /**
   * Computes a batch; vectors of an earlier one are gone.
   *
   * @throws IllegalArgumentException when the batch is larger than this context, or has no output
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
      // A C++ exception, such as one of llama.cpp's own checks or of its allocations.
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
   * @return what {@code llama_decode} gives
   * @throws RuntimeException for a C++ exception, with its {@code what()}
   */
  public int decodeNatively(Pointer context, TokenBatch batch) {
    return Llama.embark_context_decode(context, batch.handle());
  }

  /**
   * Copies the pooled vector of a sequence of the last batch into {@code out[0 … dimensions)}.
   *
   * @return false when the model gave none
   */
  public boolean embedding(int sequenceId, float[] out) {
    return Llama.embark_context_embedding(handle(), sequenceId, out);
  }

  /** Makes the running and every later decode end as cancelled, until it is called with false. */
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

  /** The native context; valid until {@link #close()}. */
  final Pointer handle() {
    if (handle == null) {
      throw new IllegalStateException("The context is closed.");
    }
    return handle;
  }
}
