package dev.embark.engine.embed;

import dev.embark.engine.batch.ContextMemory;
import dev.embark.engine.model.EngineMemory;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.options.RerankOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.engine.rows.Engine;
import dev.embark.engine.text.PairTokenizer;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Scores windows of pairs of a query and a document with a reranker: tokenises each pair as one
 * sequence and computes the sequences as {@link EmbeddingEngine} computes texts, but for the head
 * of the model, which takes the place of the pooling. The head gives one output, or for a decoder
 * the probabilities of the answers yes and no.
 *
 * <p>Owns its context unless it runs on a shared encoder; never owns the model. Not thread-safe,
 * except for {@link #cancel}.
 */
public final class RerankingEngine implements Engine {
  private static final BooleanSupplier NEVER = () -> false;
  private static final String ACTIVATION_KEY = "embark.score.activation";

  private final boolean isSigmoid;
  private final PairTokenizer tokenizer;
  private final TokenizedTexts texts;
  private final WindowEncoder encoder;
  private final Scores scores = new Scores();
  private final BooleanSupplier stopped;
  private BooleanSupplier isCancelled = NEVER; // caller's check for the running window
  private float[] byRow = {};
  private boolean closed;

  /**
   * Creates an engine with its own context, which is replaced by a larger one when a pair exceeds
   * its capacity.
   *
   * @param memory consulted before each context is created
   * @throws EmbarkException of kind MODEL when the model is no reranker that Embark can use, of
   *     kind OPTION when an option does not fit it, or when memory is insufficient
   */
  public RerankingEngine(LlamaModel model, RerankOptions options, ContextMemory memory) {
    this(model, options, Encoder.ContextFactory.of(model, Pooling.RANK, memory));
  }

  /**
   * Creates an engine that runs on the contexts of a shared encoder, which must outlive the engine.
   *
   * @throws EmbarkException as {@link #RerankingEngine(LlamaModel, RerankOptions, ContextMemory)}
   */
  public RerankingEngine(LlamaModel model, RerankOptions options, SharedEncoder shared) {
    this(
        model,
        options,
        () ->
            shared.client(
                Pooling.RANK, EngineMemory.batchTokens(options, model.options().device())));
  }

  /** Creates an engine whose contexts come from {@code contexts}; tests inject failures so. */
  RerankingEngine(LlamaModel model, RerankOptions options, Encoder.ContextFactory contexts) {
    this(
        model,
        options,
        () ->
            new OwnContext(
                model, EngineMemory.batchTokens(options, model.options().device()), contexts));
  }

  private RerankingEngine(
      LlamaModel model, RerankOptions options, Supplier<WindowEncoder> encoder) {
    model.checkScores();
    Optional<String> activation = model.metadata(ACTIVATION_KEY);
    this.isSigmoid = options.isSigmoid(activation);
    this.tokenizer = new PairTokenizer(model, options);
    this.encoder = encoder.get();
    this.texts = new TokenizedTexts();
    this.stopped = () -> this.encoder.isCancelled() || isCancelled.getAsBoolean();
  }

  /**
   * Scores a window of pairs.
   *
   * @param pairs as {@link dev.embark.engine.rows.TextPair#toBytes} writes them; null for a NULL
   *     row
   * @param cancellation polled before each pair, before each part of a very long text, and before
   *     each native batch
   * @return the outcome of each row; owned by the engine, with the scores, and valid until its next
   *     window
   * @throws EmbarkException of kind CANCELLED; the engine stays usable. Errors of single rows are
   *     reported in the result.
   * @throws IllegalStateException when the engine is closed
   */
  public EmbeddedRows score(List<byte[]> pairs, BooleanSupplier cancellation) {
    if (closed) {
      throw new IllegalStateException("The reranking engine is closed.");
    }
    isCancelled = cancellation;
    try {
      if (byRow.length < pairs.size()) {
        byRow = new float[pairs.size()];
      }
      Arrays.fill(byRow, 0);
      long start = System.nanoTime();
      tokenizer.tokenize(pairs, texts, stopped);
      texts.outcomes().setTokenizeNanos(System.nanoTime() - start);
      encoder.encode(texts, cancellation, scores);
      return texts.outcomes();
    } finally {
      isCancelled = NEVER;
    }
  }

  /** Returns the score of a row that is done. */
  public float score(int row) {
    return byRow[row];
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

  /** Writes the output of each sequence to its row; a pair is one sequence. */
  private final class Scores implements Encoder.Sink {
    @Override
    public void vector(int sequence, float[] vector) {
      int row = texts.row(sequence);
      byRow[row] = vector.length == 1 ? ofOutput(vector[0]) : ofAnswers(vector[0], vector[1]);
      texts.outcomes().setDone(row);
    }

    private float ofOutput(double output) {
      return (float) (isSigmoid ? 1 / (1 + Math.exp(-output)) : output);
    }

    /** Returns the probability of yes, or the difference of the logits of yes and no. */
    private float ofAnswers(float yes, float no) {
      return isSigmoid ? yes : (float) (log(yes) - log(no));
    }

    /** Returns a logarithm that is finite also for a probability too small for a float. */
    private double log(float probability) {
      return Math.log(Math.max(probability, Float.MIN_NORMAL));
    }

    @Override
    public void error(int sequence, EmbarkException error) {
      texts.outcomes().setError(texts.row(sequence), error);
    }
  }
}
