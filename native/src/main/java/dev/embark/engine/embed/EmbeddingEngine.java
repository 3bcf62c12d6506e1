package dev.embark.engine.embed;

import dev.embark.engine.batch.ContextMemory;
import dev.embark.engine.chunks.ChunkTokenizer;
import dev.embark.engine.chunks.TextChunks;
import dev.embark.engine.model.EngineMemory;
import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.Normalization;
import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
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
 * Embeds windows of texts: tokenises each text, packs the sequences into batches by length, runs
 * the model, pools, normalises and writes the vectors into Arrow in row order.
 *
 * <pre>{@code
 * try (LlamaModel model = ModelLoader.load(path, ModelOptions.cpu());
 *     EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.defaults());
 *     ListVector vectors = VectorWriter.newVector("embedding", allocator)) {
 *   EmbeddedRows rows = engine.embed(texts, vectors, () -> false);
 * }
 * }</pre>
 *
 * <p>Owns its context unless it runs on a shared encoder; never owns the model. Not thread-safe,
 * except for {@link #cancel}.
 */
public final class EmbeddingEngine implements Engine {
  private static final BooleanSupplier NEVER = () -> false;
  private static final int MOST_FLOATS_OF_CHUNKS = 1 << 28; // of a window: 1 GiB

  private final EmbedOptions options;
  private final Normalization normalization;
  private final int dimensions;
  private final Tokenizer tokenizer;
  private final ChunkTokenizer chunkTokenizer; // null unless the options are those of chunks
  private final TokenizedTexts texts;
  private final WindowEncoder encoder;
  // Reused for every window, so that a short text allocates nothing.
  private final RowCollector rows;
  private final BooleanSupplier stopped;
  private BooleanSupplier isCancelled = NEVER; // caller's check for the running window
  private boolean closed;

  /**
   * Creates an engine with its own context.
   *
   * @throws EmbarkException when an option does not fit the model, or memory is insufficient
   */
  public EmbeddingEngine(LlamaModel model, EmbedOptions options) {
    this(model, options, ContextMemory.UNLIMITED);
  }

  /**
   * Creates an engine with its own context, which is replaced by a larger one when a text exceeds
   * its capacity.
   *
   * @param memory consulted before each context is created
   * @throws EmbarkException when an option does not fit the model, or memory is insufficient
   */
  public EmbeddingEngine(LlamaModel model, EmbedOptions options, ContextMemory memory) {
    this(model, options, Encoder.ContextFactory.of(model, options.pooling(), memory));
  }

  /**
   * Creates an engine that runs on the contexts of a shared encoder, which must outlive the engine.
   *
   * @throws EmbarkException when an option does not fit the model
   */
  public EmbeddingEngine(LlamaModel model, EmbedOptions options, SharedEncoder shared) {
    this(model, options, () -> shared.client(options));
  }

  /**
   * Creates an engine whose contexts come from {@code contexts}; tests inject failures this way.
   */
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
    this.normalization = options.normalize(model.normalization());
    this.dimensions = dimensions(model, options);
    this.tokenizer = new Tokenizer(model, options);
    this.chunkTokenizer = chunkTokenizer(model, options);
    this.encoder = encoder.get();
    this.texts = new TokenizedTexts();
    this.rows = new RowCollector();
    this.stopped = () -> this.encoder.isCancelled() || isCancelled.getAsBoolean();
  }

  /**
   * Validates options against a model without creating a context.
   *
   * @throws EmbarkException of kind OPTION when an option does not fit the model, of kind MODEL
   *     when the model is a reranker
   */
  public static void checkFit(LlamaModel model, EmbedOptions options) {
    model.checkEmbeds();
    dimensions(model, options);
    new Tokenizer(model, options);
    chunkTokenizer(model, options);
  }

  private static ChunkTokenizer chunkTokenizer(LlamaModel model, EmbedOptions options) {
    return options instanceof ChunkOptions chunks
        ? new ChunkTokenizer(model, chunks, MOST_FLOATS_OF_CHUNKS / dimensions(model, options))
        : null;
  }

  /** Returns the failure of the option {@code dimensions} for a model with fewer. */
  public static EmbarkException tooManyDimensions(int dimensions, int available) {
    return new EmbarkException(
        Condition.TOO_MANY_DIMENSIONS,
        Map.of(
            "dimensions", Integer.toString(dimensions), "available", Integer.toString(available)));
  }

  private static int dimensions(LlamaModel model, EmbedOptions options) {
    int dimensions = options.dimensions().orElse(model.dimensions());
    if (dimensions > model.dimensions()) {
      throw tooManyDimensions(dimensions, model.dimensions());
    }
    return dimensions;
  }

  /** Returns the number of floats per vector. */
  public int dimensions() {
    return dimensions;
  }

  /** Returns the options of this engine. */
  public EmbedOptions options() {
    return options;
  }

  /**
   * Embeds a window of texts.
   *
   * @param window UTF-8 texts; null for a NULL row
   * @param out created by {@link VectorWriter#newVector}; overwritten with one row per text, NULL
   *     for a row without a vector
   * @param cancellation polled before each text, before each part of a very long text, and before
   *     each native batch
   * @return the outcome of each row; owned by the engine and valid until its next window
   * @throws EmbarkException of kind CANCELLED; {@code out} is then undefined and the engine stays
   *     usable. Errors of single rows are reported in the result.
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
   * Embeds the chunks of a window of texts. The engine must have been created with {@link
   * ChunkOptions}.
   *
   * @param window UTF-8 texts; null for a NULL row
   * @param out created by {@link VectorWriter#newVector}; overwritten with the vectors of the
   *     window; {@link TextChunks#vector} is the row of a chunk's vector
   * @param cancellation polled as by {@link #embed}
   * @return the chunks; owned by the engine and valid until its next window. A row with a chunk
   *     that failed has failed.
   * @throws EmbarkException of kind CANCELLED; {@code out} is then undefined and the engine stays
   *     usable
   * @throws IllegalStateException when the engine is closed
   */
  public TextChunks embedChunks(List<byte[]> window, ListVector out, BooleanSupplier cancellation) {
    checkOpen();
    isCancelled = cancellation;
    try {
      long start = System.nanoTime();
      TextChunks chunks = chunkTokenizer.tokenize(window, texts, stopped);
      texts.outcomes().setTokenizeNanos(System.nanoTime() - start);
      ChunkCollector collector = new ChunkCollector(texts, out, dimensions, normalization);
      encoder.encode(texts, cancellation, collector);
      collector.finish(window, chunks);
      return chunks;
    } finally {
      isCancelled = NEVER;
    }
  }

  /**
   * Counts tokens without computing vectors.
   *
   * @return rows with {@link EmbeddedRows#tokens} set; owned by the engine and valid until its next
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

  /** Reassembles rows from the vectors of their sequences. */
  private final class RowCollector implements Encoder.Sink {
    private final VectorWriter writer = new VectorWriter(dimensions);
    private final Map<Integer, float[]> sums = new HashMap<>(); // token-weighted, chunked rows

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
