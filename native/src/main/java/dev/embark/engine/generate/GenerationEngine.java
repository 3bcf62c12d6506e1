package dev.embark.engine.generate;

import dev.embark.engine.model.EngineMemory;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.Engine;
import dev.embark.engine.rows.Finish;
import dev.embark.engine.rows.GeneratedRows;
import dev.embark.engine.text.PromptTokenizer;
import dev.embark.engine.text.Vocabulary;
import dev.embark.llama.GenerationContext;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.Sampler;
import dev.embark.llama.StreamLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * Answers windows of prompts, many prompts concurrently in one context.
 *
 * <pre>{@code
 * try (LlamaModel model = ModelLoader.load(path, ModelOptions.cpu());
 *     GenerationEngine engine = new GenerationEngine(model, GenerateOptions.defaults())) {
 *   GeneratedRows rows = engine.generate(prompts, () -> false);
 * }
 * }</pre>
 *
 * <p>With temperature 0 an answer depends on its prompt alone; with a higher temperature it also
 * depends on the seed, but not on the position of the row. Both hold up to rounding for weights
 * that llama.cpp repacks on a CPU ({@link ModelOptions#keepsLayout} prevents it) and on a GPU: an
 * answer changes where two tokens are nearly equally likely (docs/generation.md has figures).
 *
 * <p>Rows that need few cells are answered many at a time. Rows that need more are answered fewer
 * at a time, in a context with the same total number of cells that is created on demand.
 *
 * <p>Owns a context, not the model. Not thread-safe, except for {@link #cancel}.
 */
public final class GenerationEngine implements Engine {
  /** Creates the context of an engine. */
  interface ContextFactory {
    GenerationContext open(LlamaModel model, StreamLayout layout, int batchTokens);
  }

  private final LlamaModel model;
  private final Vocabulary vocabulary;
  private final GenerateOptions options;
  private final ContextFactory contexts;
  private final int batchTokens;
  private final int room;
  private final byte[][] stops;
  private final PromptTokenizer tokenizer;
  private ContinuousBatch batch; // null when its context could not be created
  private StreamLayout layout; // of the batch
  private boolean sharesPrefix; // of the batch
  private boolean closed;
  private volatile boolean cancelled;

  /**
   * Creates an engine with its own context.
   *
   * @throws EmbarkException when an option does not fit the model, the model does not generate
   *     text, or memory is insufficient
   */
  public GenerationEngine(LlamaModel model, GenerateOptions options) {
    this(model, options, GenerationContext::new);
  }

  /**
   * Creates an engine whose contexts come from {@code contexts}; tests inject failures this way.
   */
  GenerationEngine(LlamaModel model, GenerateOptions options, ContextFactory contexts) {
    int most = options.sequences() + 1; // one more for the shared prefix
    this.batchTokens =
        Math.min(
            options.contextTokens(), EngineMemory.batchTokens(options, model.options().device()));
    if (batchTokens < most) {
      throw new EmbarkException(
          Kind.OPTION,
          "A batch has "
              + batchTokens
              + " tokens, which are too few for "
              + options.sequences()
              + " sequences; make batchTokens and contextTokens larger or sequences smaller.");
    }
    this.model = model;
    this.vocabulary = new Vocabulary(model);
    this.options = options;
    this.contexts = contexts;
    this.room = Math.min(options.contextTokens(), model.trainedContext());
    this.stops =
        options.stop().stream()
            .map(word -> word.getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new);
    new Sampler(model, options, 0).close(); // fails early for an invalid grammar
    this.tokenizer = new PromptTokenizer(model, vocabulary, options, room);
    try {
      // Sized for the shortest prompts, so that an unsuitable model or option fails here.
      open(layout(Math.min(room, options.maxTokens() + 1), false), false);
    } catch (RuntimeException | Error e) {
      tokenizer.close();
      throw e;
    }
  }

  /** Returns the streams for rows of at most {@code cells} cells each. */
  private StreamLayout layout(int cells, boolean withPrefix) {
    return StreamLayout.of(
        options.contextTokens(), cells, room, options.sequences() + (withPrefix ? 1 : 0));
  }

  /** Replaces the batch by one with another context. */
  private synchronized void open(StreamLayout newLayout, boolean withPrefix) {
    if (batch != null) {
      batch.close(); // first, because memory suffices for only one context
      batch = null;
    }
    batch =
        new ContinuousBatch(
            model, vocabulary, options, withPrefix, contexts.open(model, newLayout, batchTokens));
    batch.cancel(cancelled);
    layout = newLayout;
    sharesPrefix = withPrefix;
  }

  /**
   * Answers a window of prompts.
   *
   * @param window UTF-8; null for a NULL row
   * @param isCancelled polled before each prompt is tokenised and before each native batch
   * @return the outcome of each row
   * @throws EmbarkException of kind CANCELLED; the engine stays usable. Errors of single rows are
   *     reported in the result.
   * @throws IllegalStateException when the engine is closed
   */
  public GeneratedRows generate(List<byte[]> window, BooleanSupplier isCancelled) {
    if (closed) {
      throw new IllegalStateException("The generation engine is closed.");
    }
    GeneratedRows outcomes = new GeneratedRows(window.size());
    long start = System.nanoTime();
    int[][] prompts =
        tokenizer.tokenize(window, outcomes, () -> cancelled || isCancelled.getAsBoolean());
    outcomes.setTokenizeNanos(System.nanoTime() - start);
    // Keyed by how many rows of that size fit into the context, largest number first.
    SortedMap<Integer, List<AnswerInProgress>> groups = new TreeMap<>(Comparator.reverseOrder());
    for (int row = 0; row < prompts.length; row++) {
      if (prompts[row] != null) {
        int maxTokens = Math.min(options.maxTokens(), room - prompts[row].length);
        AnswerInProgress answer =
            new AnswerInProgress(row, prompts[row], maxTokens, new Answer(stops));
        groups
            .computeIfAbsent(
                StreamLayout.streams(options.contextTokens(), answer.cells(), options.sequences()),
                n -> new ArrayList<>())
            .add(answer);
      }
    }
    groups.values().forEach(rows -> answer(rows, isCancelled, new Outcomes(outcomes)));
    return outcomes;
  }

  private void answer(List<AnswerInProgress> rows, BooleanSupplier isCancelled, AnswerSink sink) {
    try {
      prepare(rows);
    } catch (EmbarkException e) {
      rows.forEach(row -> sink.error(row, e));
      return;
    }
    batch.run(rows, isCancelled, sink);
  }

  /**
   * Ensures a context that suits the rows; a single row runs in any context that has room for it.
   */
  private void prepare(List<AnswerInProgress> rows) {
    int longest = rows.stream().mapToInt(AnswerInProgress::cells).max().orElse(1);
    if (batch != null && rows.size() == 1 && longest <= layout.cells()) {
      return;
    }
    boolean withPrefix =
        !model.isRecurrent() && SharedPrefix.isWorth(rows) && layout(longest, true).streams() > 1;
    StreamLayout wanted = layout(longest, withPrefix);
    if (batch == null || !wanted.equals(layout) || withPrefix != sharesPrefix) {
      open(wanted, withPrefix);
    }
  }

  private record Outcomes(GeneratedRows rows) implements AnswerSink {
    @Override
    public void answer(AnswerInProgress row, Finish finish) {
      rows.setAnswer(row.row(), row.answer().text(), row.answer().tokens(), finish);
    }

    @Override
    public void error(AnswerInProgress row, EmbarkException error) {
      rows.setError(row.row(), error);
    }

    @Override
    public void batch() {
      rows.countBatches(1, 0);
    }
  }

  @Override
  public synchronized void cancel(boolean cancel) {
    cancelled = cancel;
    if (batch != null) {
      batch.cancel(cancel);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (batch != null) {
      batch.close();
      batch = null;
    }
    tokenizer.close();
  }
}
