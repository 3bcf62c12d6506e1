package dev.embark.engine.generate;

import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.Finish;
import dev.embark.engine.text.Vocabulary;
import dev.embark.llama.GenerationContext;
import dev.embark.llama.LlamaBackend;
import dev.embark.llama.LlamaContext;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.Sampler;
import dev.embark.llama.TokenBatch;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.function.BooleanSupplier;

/**
 * Continuous batching: computes the answers of many prompts concurrently in one context.
 *
 * <pre>
 *              ┌ a batch: a prompt, or a part of one   ┐
 *  waiting ──► │    or                                 │ ──► decode ──► a token each ──► finished answers
 *     ▲        └ a batch: the next token of each answer┘                                      │
 *     └── a sequence of the context, with cells for prompt and answer ◄───────────────────────┘
 * </pre>
 *
 * <p>A row enters as soon as a sequence is free. Each sequence has cells for the longest row, so a
 * batch always fits. A prompt is computed alone, so that its result does not depend on other rows.
 * llama.cpp computes sequences of consecutive ids together, so the last rows move into the gaps
 * that finished rows leave. When a batch fails, the context is cleared and its rows start over one
 * at a time, so that a row that fails again fails alone. Rows with non-finite outputs are isolated
 * in the same way while the other rows continue together. Owns the context. Not thread-safe, except
 * for {@link #cancel}.
 */
final class ContinuousBatch implements AutoCloseable {
  private final LlamaModel model;
  private final Vocabulary vocabulary;
  private final GenerateOptions options;
  private final GenerationContext context;
  private final TokenBatch batch;
  private final SharedPrefix prefix; // null unless a sequence is reserved for it
  private final int firstSequence; // first sequence used by rows
  private final AnswerInProgress[] rows; // index: sequence − firstSequence; null for a free slot
  private final Deque<AnswerInProgress> suspects = new ArrayDeque<>(); // rows to be computed alone
  private byte[] piece = new byte[128];
  private int active;
  private boolean alone; // whether the active row is a suspect
  private volatile boolean cancelled;

  /**
   * Creates a batch.
   *
   * @param sharesPrefix whether one of the two or more sequences of the context is reserved for the
   *     common prefix of the prompts
   * @param context owned by the batch, and closed here if the batch cannot be created
   */
  ContinuousBatch(
      LlamaModel model,
      Vocabulary vocabulary,
      GenerateOptions options,
      boolean sharesPrefix,
      GenerationContext context) {
    this.model = model;
    this.vocabulary = vocabulary;
    this.options = options;
    this.context = context;
    this.firstSequence = sharesPrefix ? SharedPrefix.SEQUENCE + 1 : 0;
    this.rows = new AnswerInProgress[context.maxSequences() - firstSequence];
    try {
      this.batch = new TokenBatch(model, context.capacity(), context.maxSequences());
    } catch (RuntimeException | Error e) {
      context.close();
      throw e;
    }
    this.prefix = sharesPrefix ? new SharedPrefix(context, batch) : null;
  }

  /**
   * Computes rows, none of which needs more {@link AnswerInProgress#cells} than a sequence of the
   * context has.
   *
   * @param isCancelled polled before each native call
   * @throws EmbarkException of kind CANCELLED; the batch stays usable
   */
  void run(Collection<AnswerInProgress> given, BooleanSupplier isCancelled, AnswerSink sink) {
    Deque<AnswerInProgress> waiting = new ArrayDeque<>(given);
    BooleanSupplier stopped = () -> cancelled || isCancelled.getAsBoolean();
    try {
      EmbarkException.throwIf(stopped);
      share(waiting);
      while (admit(waiting)) {
        EmbarkException.throwIf(stopped);
        step(waiting, sink);
      }
    } finally {
      suspects.clear();
      if (active > 0) {
        empty();
      }
    }
  }

  private void share(Deque<AnswerInProgress> waiting) {
    if (waiting.isEmpty() || prefix == null) {
      return;
    }
    LlamaContext.Status status = prefix.load(waiting);
    if (status != LlamaContext.Status.DONE) {
      empty(); // each row then computes the prefix itself
    }
    if (status == LlamaContext.Status.CANCELLED) {
      throw EmbarkException.cancelled();
    }
  }

  /** Fills the free sequences; returns false when no row is left. */
  private boolean admit(Deque<AnswerInProgress> waiting) {
    if (active == 0) {
      alone = !suspects.isEmpty();
    }
    if (alone) {
      if (active == 0) {
        start(suspects.poll(), 0);
      }
      return true;
    }
    for (int place = 0; place < rows.length && !waiting.isEmpty(); place++) {
      if (rows[place] == null) {
        start(waiting.poll(), place);
      }
    }
    if (!model.isRecurrent()) {
      closeRanks();
    }
    return active > 0;
  }

  /** Moves the last rows into the free slots before them. */
  private void closeRanks() {
    for (int place = 0, last = rows.length - 1; place < active; place++) {
      if (rows[place] == null) {
        while (rows[last] == null) {
          last--;
        }
        AnswerInProgress row = rows[last];
        context.copy(row.sequence(), firstSequence + place);
        context.forget(row.sequence());
        row.moveTo(firstSequence + place);
        rows[place] = row;
        rows[last] = null;
      }
    }
  }

  private void start(AnswerInProgress row, int place) {
    int seed = Sampler.seed(options.seed(), row.prompt(), row.failures());
    int shared = prefix == null ? 0 : prefix.length();
    row.start(firstSequence + place, shared, new Sampler(model, options, seed));
    rows[place] = row;
    active++;
    if (shared > 0) {
      context.copy(SharedPrefix.SEQUENCE, row.sequence());
    }
  }

  private void leave(AnswerInProgress row) {
    rows[row.sequence() - firstSequence] = null;
    active--;
    row.stop();
  }

  /** Computes one native batch and samples one token for each answer in it. */
  private void step(Deque<AnswerInProgress> waiting, AnswerSink sink) {
    batch.clear();
    AnswerInProgress prompt = null;
    for (AnswerInProgress row : rows) {
      if (row != null) {
        row.sitOut();
        prompt = prompt == null && !row.isAnswering() ? row : prompt;
      }
    }
    for (AnswerInProgress row : rows) {
      if (row != null && (prompt == null || row == prompt)) {
        row.addTo(batch);
      }
    }
    LlamaContext.Status status = context.decode(batch);
    switch (status) {
      case DONE -> {
        sink.batch();
        choose(waiting, sink);
      }
      case CANCELLED -> throw EmbarkException.cancelled();
      case OUT_OF_MEMORY ->
          failed(
              waiting,
              sink,
              error(Kind.OUT_OF_MEMORY, "There was no memory to compute the answer"));
      case FAILED ->
          failed(waiting, sink, error(Kind.MODEL, "llama.cpp could not compute the answer"));
    }
  }

  private void choose(Deque<AnswerInProgress> waiting, AnswerSink sink) {
    EmbarkException notFinite = null;
    for (AnswerInProgress row : rows) {
      if (row == null) {
        continue;
      }
      row.computed();
      if (row.output() < 0) {
        continue;
      }
      int token = context.sample(row.sampler(), row.output());
      if (token >= 0) {
        accept(row, token, sink);
      } else if (token == Sampler.NOTHING_FITS) {
        end(row);
        sink.error(
            row,
            new EmbarkException(
                Kind.MODEL, "No token of the model goes on as the grammar or the schema wants."));
      } else {
        notFinite = new EmbarkException(Kind.NOT_FINITE, "The model's output has NaN or infinity.");
        suspects.add(row);
      }
    }
    if (notFinite != null) {
      restart(waiting, sink, notFinite);
    }
  }

  private void accept(AnswerInProgress row, int token, AnswerSink sink) {
    Finish finish = null;
    if (vocabulary.isEnd(token)) {
      row.answer().add();
      finish = Finish.STOP;
    } else {
      int n = vocabulary.piece(token, piece);
      if (n < 0) {
        piece = new byte[-n];
        n = vocabulary.piece(token, piece);
      }
      row.choose(token);
      if (row.answer().add(piece, n)) {
        finish = Finish.STOP_WORD;
      } else if (row.isFull()) {
        finish = Finish.LENGTH;
      }
    }
    if (finish != null) {
      end(row);
      sink.answer(row, finish);
    }
  }

  private void end(AnswerInProgress row) {
    context.forget(row.sequence());
    leave(row);
  }

  private void failed(Deque<AnswerInProgress> waiting, AnswerSink sink, EmbarkException error) {
    for (AnswerInProgress row : rows) {
      if (row != null && row.isInBatch()) {
        suspects.add(row);
      }
    }
    restart(waiting, sink, error);
  }

  /** Removes all rows: suspects will be computed alone, the others rejoin the waiting rows. */
  private void restart(Deque<AnswerInProgress> waiting, AnswerSink sink, EmbarkException error) {
    if (alone) {
      AnswerInProgress row = suspects.peekLast();
      row.countFailure();
      if (row.failures() > options.retries()) {
        suspects.removeLast();
        sink.error(row, error);
      }
    } else {
      for (AnswerInProgress row : rows) {
        if (row != null && !suspects.contains(row)) {
          waiting.addFirst(row);
        }
      }
    }
    empty();
  }

  /** Removes all rows and clears the context. */
  private void empty() {
    for (AnswerInProgress row : rows) {
      if (row != null) {
        leave(row);
      }
    }
    context.forgetAll();
    if (prefix != null) {
      prefix.clear();
    }
  }

  private static EmbarkException error(Kind kind, String what) {
    return new EmbarkException(kind, what + ": " + LlamaBackend.reason("no reason given"));
  }

  /** Cancels the running and all later {@link #run} calls until called with false. Thread-safe. */
  void cancel(boolean cancel) {
    cancelled = cancel;
    context.cancel(cancel);
  }

  @Override
  public void close() {
    batch.close();
    context.close();
  }
}
