package dev.embark.engine.embed;

import dev.embark.engine.batch.ContextMemory;
import dev.embark.engine.model.EngineMemory;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.Normalization;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.engine.rows.Engine;
import dev.embark.engine.text.Tokenizer;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.arrow.vector.complex.ListVector;

/**
 * Turns windows of texts into vectors: tokenises, packs by length, computes, pools, normalises and
 * writes into Arrow, with results in the order of the rows.
 *
 * <pre>{@code
 * try (LlamaModel model = ModelLoader.load(path, ModelOptions.cpu());
 *     EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.defaults());
 *     ListVector vectors = VectorWriter.newVector("embedding", allocator)) {
 *   EmbeddedRows rows = engine.embed(texts, vectors, () -> false);
 * }
 * }</pre>
 *
 * <p>Owns a context, unless it was given shared ones, and not the model. For one thread at a time,
 * but {@link #cancel} is for any.
 */
public final class EmbeddingEngine implements Engine {
  private static final BooleanSupplier NEVER = () -> false;

  private final EmbedOptions options;
  private final Normalization normalization;
  private final int dimensions;
  private final Tokenizer tokenizer;
  private final TokenizedTexts texts;
  private final WindowEncoder encoder;
  // Made once: a short text costs no memory.
  private final RowCollector rows;
  private final BooleanSupplier stopped;
  private BooleanSupplier isCancelled = NEVER; // what the running window was given
  private boolean closed;

  /**
   * Makes a context on the model.
   *
   * @throws EmbarkException when an option does not fit the model, or there is no memory
   */
  public EmbeddingEngine(LlamaModel model, EmbedOptions options) {
    this(model, options, ContextMemory.UNLIMITED);
  }

  /**
   * Makes a context on the model, and a larger one for each text that has no room in it.
   *
   * @param memory asked before each
   * @throws EmbarkException when an option does not fit the model, or there is no memory
   */
  public EmbeddingEngine(LlamaModel model, EmbedOptions options, ContextMemory memory) {
    this(model, options, Encoder.ContextFactory.of(model, options.pooling(), memory));
  }

  /**
   * Computes on contexts that others use, too; they must outlive the engine.
   *
   * @throws EmbarkException when an option does not fit the model
   */
  public EmbeddingEngine(LlamaModel model, EmbedOptions options, SharedEncoder shared) {
    this(model, options, () -> shared.client(options));
  }

  /** With contexts of the caller's making, which tests let fail. */
  public EmbeddingEngine(LlamaModel model, EmbedOptions options, Encoder.ContextFactory contexts) {
    this(
        model,
        options,
        () ->
            new OwnContext(
                model, EngineMemory.batchTokens(options, model.options().device()), contexts));
  }

  private EmbeddingEngine(LlamaModel model, EmbedOptions options, Supplier<WindowEncoder> encoder) {
    this.options = options;
    this.normalization = options.normalize();
    this.dimensions = dimensions(model, options);
    this.tokenizer = new Tokenizer(model, options);
    this.encoder = encoder.get();
    this.texts = new TokenizedTexts();
    this.rows = new RowCollector();
    this.stopped = () -> this.encoder.isCancelled() || isCancelled.getAsBoolean();
  }

  /**
   * Checks what making an engine does, without the cost of one.
   *
   * @throws EmbarkException of kind OPTION when an option does not fit the model, of kind MODEL
   *     when the model is a reranker
   */
  public static void checkFit(LlamaModel model, EmbedOptions options) {
    model.checkEmbeds();
    dimensions(model, options);
    new Tokenizer(model, options);
  }

  private static int dimensions(LlamaModel model, EmbedOptions options) {
    int dimensions = options.dimensions().orElse(model.dimensions());
    if (dimensions > model.dimensions()) {
      throw new EmbarkException(
          Kind.OPTION,
          "dimensions is " + dimensions + ", but the model has " + model.dimensions() + ".");
    }
    return dimensions;
  }

  /** Floats of a vector. */
  public int dimensions() {
    return dimensions;
  }

  /** What it was made with. */
  public EmbedOptions options() {
    return options;
  }

  /**
   * Embeds a window of texts.
   *
   * @param window UTF-8, null for a NULL row
   * @param out made by {@link VectorWriter#newVector}; overwritten with one row a text, NULL where
   *     there is no vector
   * @param cancellation asked before each text, before each part of a very long one, and before
   *     each native batch
   * @return what became of each row; the engine's, valid until its next window
   * @throws EmbarkException of kind CANCELLED; {@code out} is then undefined and the engine stays
   *     usable. Errors of single rows are in the result.
   * @throws IllegalStateException when the engine is closed
   */
  public EmbeddedRows embed(List<byte[]> window, ListVector out, BooleanSupplier cancellation) {
    checkOpen();
    isCancelled = cancellation;
    try {
      rows.start(out, window.size());
      tokenize(window);
      encoder.encode(texts, cancellation, rows);
      rows.finish();
      return texts.outcomes();
    } finally {
      isCancelled = NEVER;
    }
  }

  /**
   * Counts tokens without computing vectors.
   *
   * @return rows whose {@link EmbeddedRows#tokens} are set; the engine's, valid until its next
   *     window
   * @throws EmbarkException of kind CANCELLED after {@link #cancel}
   * @throws IllegalStateException when the engine is closed
   */
  public EmbeddedRows countTokens(List<byte[]> window) {
    checkOpen();
    tokenize(window);
    return texts.outcomes();
  }

  @Override
  public void cancel(boolean cancel) {
    encoder.cancel(cancel);
  }

  @Override
  public void close() {
    closed = true;
    encoder.close();
    texts.close();
  }

  private void tokenize(List<byte[]> window) {
    long start = System.nanoTime();
    tokenizer.tokenize(window, texts, stopped);
    texts.outcomes().setTokenizeNanos(System.nanoTime() - start);
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("The embedding engine is closed.");
    }
  }

  /** Puts sequences back together as rows. */
  private final class RowCollector implements Encoder.Sink {
    private final VectorWriter writer = new VectorWriter(dimensions);
    private final Map<Integer, float[]> sums = new HashMap<>(); // of chunked rows

    public void start(ListVector out, int rowCount) {
      sums.clear();
      writer.start(out, rowCount);
    }

    @Override
    public void vector(int sequence, float[] vector) {
      int row = texts.row(sequence);
      if (texts.isChunked(row)) {
        float[] sum = sums.computeIfAbsent(row, r -> new float[vector.length]);
        Normalization.L2.apply(vector, vector.length);
        for (int i = 0; i < sum.length; i++) {
          sum[i] += vector[i] * texts.length(sequence);
        }
      } else {
        write(row, vector);
      }
    }

    @Override
    public void error(int sequence, EmbarkException error) {
      texts.outcomes().setError(texts.row(sequence), error);
    }

    public void finish() {
      if (!sums.isEmpty()) {
        sums.forEach(this::writeMean);
      }
      writer.finish();
    }

    private void writeMean(int row, float[] sum) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] /= texts.outcomes().tokens(row);
      }
      write(row, sum);
    }

    private void write(int row, float[] vector) {
      if (texts.outcomes().error(row) == null) {
        normalization.apply(vector, dimensions);
        writer.write(row, vector);
        texts.outcomes().setDone(row);
      }
    }
  }
}
