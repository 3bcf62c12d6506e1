package dev.embark.engine;

import dev.embark.engine.EmbeddingException.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Answers windows of prompts, many side by side in one context.
 *
 * <pre>{@code
 * try (LlamaModel model = LlamaModel.load(path, ModelOptions.cpu());
 *     GenerationEngine engine = new GenerationEngine(model, GenerateOptions.defaults())) {
 *   GeneratedRows rows = engine.generate(prompts, () -> false);
 * }
 * }</pre>
 *
 * <p>With temperature 0 an answer is that of its prompt alone; with a temperature it is drawn from
 * the seed and the prompt, wherever the row stands. Both hold as far as arithmetic does: sums in
 * another order move the model's output, by 1e-5 for weights in F32 on a CPU and by 1e-2 for
 * others, and an answer changes where two tokens are that close. Random models of both kinds that
 * the tests write gave the same 200 answers in F32, and 196 and 197 of them with keys and values in
 * F16.
 *
 * <p>Owns a context and not the model. For one thread at a time, but {@link #cancel} is for any.
 */
public final class GenerationEngine implements Engine {
  /** Makes the context of an engine. */
  interface ContextFactory {
    GenerationContext open(LlamaModel model, int cells, int batchTokens, int sequences);
  }

  private final GenerateOptions options;
  private final int room;
  private final byte[][] stops;
  private final PromptTokenizer tokenizer;
  private final ContinuousBatch batch;
  private boolean closed;

  /**
   * Makes a context on the model.
   *
   * @throws EmbeddingException when an option does not fit the model, the model generates no text,
   *     or there is no memory
   */
  public GenerationEngine(LlamaModel model, GenerateOptions options) {
    this(model, options, GenerationContext::new);
  }

  /** With a context of the caller's making, which tests let fail. */
  GenerationEngine(LlamaModel model, GenerateOptions options, ContextFactory contexts) {
    int sequences = options.sequences() + 1; // one for what prompts share
    int cells = options.contextTokens();
    int batchTokens = Math.min(cells, batchTokens(options, model.options().device()));
    if (batchTokens < sequences) {
      throw new EmbeddingException(
          Kind.OPTION,
          "A batch has "
              + batchTokens
              + " tokens, which are too few for "
              + options.sequences()
              + " sequences; make batchTokens and contextTokens larger or sequences smaller.");
    }
    this.options = options;
    this.room = Math.min(options.contextTokens(), model.trainedContext());
    this.stops =
        options.stop().stream()
            .map(word -> word.getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new);
    new Sampler(model, options, 0).close(); // so that a bad grammar fails here
    Vocabulary vocabulary = new Vocabulary(model);
    this.tokenizer = new PromptTokenizer(model, vocabulary, options, room);
    try {
      this.batch =
          new ContinuousBatch(
              model,
              vocabulary,
              options,
              cells,
              contexts.open(model, cells, batchTokens, sequences));
    } catch (RuntimeException | Error e) {
      tokenizer.close();
      throw e;
    }
  }

  /** Tokens of a native batch of an engine with these options. */
  public static int batchTokens(GenerateOptions options, int device) {
    return options.batchTokens().orElseGet(() -> BatchBudget.of(device));
  }

  /**
   * Answers a window of prompts.
   *
   * @param window UTF-8, null for a NULL row
   * @param isCancelled asked before each prompt is tokenised, and before each native batch
   * @return what became of each row
   * @throws EmbeddingException of kind CANCELLED; the engine stays usable. Errors of single rows
   *     are in the result.
   * @throws IllegalStateException when the engine is closed
   */
  public GeneratedRows generate(List<byte[]> window, BooleanSupplier isCancelled) {
    if (closed) {
      throw new IllegalStateException("The generation engine is closed.");
    }
    GeneratedRows outcomes = new GeneratedRows(window.size());
    long start = System.nanoTime();
    int[][] prompts =
        tokenizer.tokenize(
            window, outcomes, () -> batch.isCancelled() || isCancelled.getAsBoolean());
    outcomes.setTokenizeNanos(System.nanoTime() - start);
    List<AnswerInMaking> rows = new ArrayList<>();
    for (int row = 0; row < prompts.length; row++) {
      if (prompts[row] != null) {
        int maxTokens = Math.min(options.maxTokens(), room - prompts[row].length);
        rows.add(new AnswerInMaking(row, prompts[row], maxTokens, new Answer(stops)));
      }
    }
    batch.run(rows, isCancelled, new Outcomes(outcomes));
    return outcomes;
  }

  private record Outcomes(GeneratedRows rows) implements AnswerSink {
    @Override
    public void answer(AnswerInMaking row, Finish finish) {
      rows.setAnswer(row.row(), row.answer().text(), row.answer().tokens(), finish);
    }

    @Override
    public void error(AnswerInMaking row, EmbeddingException error) {
      rows.setError(row.row(), error);
    }

    @Override
    public void batch() {
      rows.countBatches(1, 0);
    }
  }

  @Override
  public void cancel(boolean cancel) {
    batch.cancel(cancel);
  }

  @Override
  public void close() {
    closed = true;
    batch.close();
    tokenizer.close();
  }
}
