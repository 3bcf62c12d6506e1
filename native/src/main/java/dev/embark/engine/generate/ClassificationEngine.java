package dev.embark.engine.generate;

import dev.embark.engine.model.EngineMemory;
import dev.embark.engine.options.ClassifyOptions;
import dev.embark.engine.rows.ClassifiedRows;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.Engine;
import dev.embark.engine.text.PromptTokenizer;
import dev.embark.engine.text.Vocabulary;
import dev.embark.llama.GenerationContext;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.StreamLayout;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Classifies windows of texts: gives each label the probability that the model answers with it.
 *
 * <p>A text is written into the model's chat behind an instruction. The likelihood of a label is
 * that of its tokens and of an end behind them, so a label that others begin with is not preferred.
 * Texts are computed one at a time, so a score does not depend on other rows.
 *
 * <p>Owns a context, not the model. Not thread-safe, except for {@link #cancel}.
 */
public final class ClassificationEngine implements Engine {
  private static final String BEHIND_INSTRUCTION = "\n\n";
  private static final String BEHIND_TEXT = "\n\nLabel:"; // unless a chat template ends the message

  private final LlamaModel model;
  private final ClassifyOptions options;
  private final Vocabulary vocabulary;
  private final PromptTokenizer tokenizer;
  private final List<int[]> labels;
  private final int longest; // tokens of the longest label
  private final int[] ends;
  private final int[] start; // of each prompt: the chat up to the text
  private final int room; // tokens of a prompt and a label
  private final int batchTokens;
  private LabelScorer scorer; // null when its context could not be created
  private StreamLayout layout; // of the scorer
  private boolean closed;
  private volatile boolean cancelled;

  /**
   * Creates an engine with its own context.
   *
   * @param options with labels
   * @throws EmbarkException when an option or a label does not fit the model, the model does not
   *     generate text, or memory is insufficient
   */
  public ClassificationEngine(LlamaModel model, ClassifyOptions options) {
    this.model = model;
    this.options = options;
    this.vocabulary = new Vocabulary(model);
    this.ends = IntStream.range(0, model.vocabularySize()).filter(vocabulary::isEnd).toArray();
    if (ends.length == 0) {
      throw new EmbarkException(
          Kind.MODEL,
          "The model "
              + model.path()
              + " has no token that ends an answer, so labels cannot be"
              + " compared.");
    }
    // Two streams at least: one of the prompt, and one of the prompt with a label.
    int stream = options.contextTokens() / 2;
    int rounded = StreamLayout.rounded(stream);
    this.room =
        Math.min(
            rounded == stream ? stream : rounded - StreamLayout.rounded(1), model.trainedContext());
    try (PromptTokenizer prompts = tokenizer(1)) {
      this.labels =
          options.labels().stream()
              .map(label -> prompts.isChat() ? label : " " + label)
              .map(prompts::continuation)
              .toList();
      this.start = prompts.start();
    }
    this.longest = labels.stream().mapToInt(label -> label.length).max().orElseThrow();
    this.batchTokens =
        Math.min(
            options.contextTokens(), EngineMemory.batchTokens(options, model.options().device()));
    if (longest >= room || longest > batchTokens || batchTokens < options.sequences()) {
      throw new EmbarkException(
          Kind.OPTION,
          "A label has up to "
              + longest
              + " tokens, a batch "
              + batchTokens
              + ", and a prompt with its label "
              + room
              + "; make batchTokens and contextTokens larger, sequences smaller, or the labels"
              + " shorter.");
    }
    this.tokenizer = tokenizer(longest);
    try {
      open(1);
    } catch (RuntimeException | Error e) {
      tokenizer.close();
      throw e;
    }
  }

  private PromptTokenizer tokenizer(int behind) {
    String instruction = options.instruction();
    return new PromptTokenizer(
        model,
        vocabulary,
        options.prompts(1),
        room - behind + 1,
        instruction.isEmpty() ? "" : instruction + BEHIND_INSTRUCTION,
        BEHIND_TEXT);
  }

  /** Ensures a context for prompts of up to so many tokens. */
  private synchronized void open(int promptTokens) {
    StreamLayout wanted =
        StreamLayout.of(
            options.contextTokens(),
            promptTokens + longest,
            room,
            Math.min(options.sequences(), labels.size() + 2));
    if (scorer != null && layout.cells() >= promptTokens + longest) {
      return;
    }
    if (scorer != null) {
      scorer.close(); // first, because memory suffices for only one context
      scorer = null;
    }
    scorer =
        new LabelScorer(
            model, labels, ends, start, new GenerationContext(model, wanted, batchTokens));
    scorer.cancel(cancelled);
    layout = wanted;
  }

  /**
   * Classifies a window of texts.
   *
   * @param window UTF-8; null for a NULL row
   * @param isCancelled polled before each text is tokenised and before each native batch
   * @return the outcome of each row
   * @throws EmbarkException of kind CANCELLED; the engine stays usable. Errors of single rows are
   *     reported in the result.
   * @throws IllegalStateException when the engine is closed
   */
  public ClassifiedRows classify(List<byte[]> window, BooleanSupplier isCancelled) {
    if (closed) {
      throw new IllegalStateException("The classification engine is closed.");
    }
    BooleanSupplier stopped = () -> cancelled || isCancelled.getAsBoolean();
    ClassifiedRows rows = new ClassifiedRows(window.size());
    long start = System.nanoTime();
    int[][] prompts = tokenizer.tokenize(window, rows, stopped);
    rows.setTokenizeNanos(System.nanoTime() - start);
    for (int row = 0; row < prompts.length; row++) {
      if (prompts[row] != null) {
        EmbarkException.throwIf(stopped);
        classify(row, prompts[row], rows, stopped);
      }
    }
    return rows;
  }

  private void classify(int row, int[] prompt, ClassifiedRows rows, BooleanSupplier stopped) {
    try {
      open(prompt.length);
      rows.setScores(row, LabelScorer.softmax(scorer.score(prompt, stopped)));
    } catch (EmbarkException e) {
      if (e.kind() == Kind.CANCELLED) {
        throw e;
      }
      rows.setError(row, e);
    } finally {
      if (scorer != null) {
        rows.countBatches(scorer.takeBatches(), 0);
      }
    }
  }

  @Override
  public synchronized void cancel(boolean cancel) {
    cancelled = cancel;
    if (scorer != null) {
      scorer.cancel(cancel);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (scorer != null) {
      scorer.close();
      scorer = null;
    }
    tokenizer.close();
  }
}
