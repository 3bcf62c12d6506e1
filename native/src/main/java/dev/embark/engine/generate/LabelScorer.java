package dev.embark.engine.generate;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.llama.GenerationContext;
import dev.embark.llama.LlamaBackend;
import dev.embark.llama.LlamaContext;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenBatch;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Computes how likely each label is as the whole answer to a prompt.
 *
 * <pre>
 *  common start of prompts ──► last sequence
 *                                │ copied, then the rest of the prompt
 *                              sequence 0 ──copied──► a sequence for each label ──► one batch of all
 *                                │ first tokens                                     │ labels' tokens
 *                                └───────────► summed log-likelihoods ◄─────────────┘
 * </pre>
 *
 * <p>Owns the context. Not thread-safe, except for {@link #cancel}.
 */
final class LabelScorer implements AutoCloseable {
  private static final int PROMPT = 0;

  // Computing fewer tokens again costs less than the sequence that holds them.
  private static final int MIN_START = 16;
  private static final int[] NOTHING = {};

  private final GenerationContext context;
  private final TokenBatch batch;
  private final List<int[]> labels; // tokens of each
  private final int[] ends; // tokens that end an answer
  private final int[] start; // of all prompts; empty if it is not kept
  private boolean startIsRead;
  private int batches;

  /**
   * Creates a scorer.
   *
   * @param labels token ids of each label, at least one, none longer than a batch of the context
   * @param ends the tokens that end an answer, at least one
   * @param start the tokens that prompts have in common
   * @param context with two sequences or more; closed here if the scorer cannot be created
   */
  LabelScorer(
      LlamaModel model, List<int[]> labels, int[] ends, int[] start, GenerationContext context) {
    this.context = context;
    this.labels = labels;
    this.ends = ends;
    this.start = start.length >= MIN_START && context.maxSequences() > 2 ? start : NOTHING;
    try {
      this.batch = new TokenBatch(model, context.capacity(), context.maxSequences());
    } catch (RuntimeException | Error e) {
      context.close();
      throw e;
    }
  }

  /**
   * Returns the natural logarithm of the likelihood of each label and its end after a prompt.
   *
   * @throws EmbarkException when the model cannot compute them, or of kind CANCELLED; the scorer
   *     stays usable
   */
  double[] score(int[] prompt, BooleanSupplier isCancelled) {
    try {
      double[] sums = sums(prompt, isCancelled);
      context.forget(PROMPT);
      return sums;
    } catch (RuntimeException | Error e) {
      context.forgetAll();
      startIsRead = false;
      throw e;
    }
  }

  private double[] sums(int[] prompt, BooleanSupplier isCancelled) {
    double[] sums = new double[labels.size()];
    int[] firsts = labels.stream().mapToInt(label -> label[0]).toArray();
    int last = read(prompt, isCancelled);
    double[] first = logProbabilities(last, firsts);
    for (int from = 0; from < labels.size(); ) {
      EmbarkException.throwIf(isCancelled);
      int to = from;
      batch.clear();
      while (to < labels.size()
          && to - from < sequencesOfLabels()
          && batch.size() + labels.get(to).length <= batch.capacity()) {
        int[] sequence = {PROMPT + 1 + to - from};
        context.copy(PROMPT, sequence[0]);
        int[] label = labels.get(to++);
        for (int i = 0; i < label.length; i++) {
          batch.add(label[i], prompt.length + i, sequence, true);
        }
      }
      decode();
      for (int label = from, index = 0; label < to; label++) {
        sums[label] = first[label] + behind(labels.get(label), index);
        index += labels.get(label).length;
        context.forget(PROMPT + 1 + label - from);
      }
      from = to;
    }
    return sums;
  }

  private int sequencesOfLabels() {
    return context.maxSequences() - (start.length > 0 ? 2 : 1);
  }

  /** Computes a prompt; returns the index of its last token in the last batch. */
  private int read(int[] prompt, BooleanSupplier isCancelled) {
    boolean continues =
        start.length > 0
            && prompt.length > start.length
            && Arrays.equals(prompt, 0, start.length, start, 0, start.length);
    if (!continues) {
      return read(prompt, 0, PROMPT, isCancelled);
    }
    int ofStart = context.maxSequences() - 1;
    if (!startIsRead) {
      read(start, 0, ofStart, isCancelled);
      startIsRead = true;
    }
    context.copy(ofStart, PROMPT);
    return read(prompt, start.length, PROMPT, isCancelled);
  }

  /** Computes tokens in parts. */
  private int read(int[] prompt, int begin, int ofPrompt, BooleanSupplier isCancelled) {
    int[] sequence = {ofPrompt};
    for (int from = begin; from < prompt.length; from += batch.capacity()) {
      EmbarkException.throwIf(isCancelled);
      int to = Math.min(prompt.length, from + batch.capacity());
      batch.clear();
      for (int i = from; i < to; i++) {
        batch.add(prompt[i], i, sequence, i == to - 1);
      }
      decode();
    }
    return batch.size() - 1;
  }

  /**
   * Sums the logarithms of the second and further tokens of a label and of its end.
   *
   * @param index of its first token in the batch
   */
  private double behind(int[] label, int index) {
    double sum = 0;
    for (int i = 1; i < label.length; i++) {
      sum += logProbabilities(index + i - 1, label[i])[0];
    }
    double end = Double.NEGATIVE_INFINITY;
    for (double one : logProbabilities(index + label.length - 1, ends)) {
      double larger = Math.max(end, one);
      end =
          larger == Double.NEGATIVE_INFINITY
              ? larger
              : larger + Math.log(Math.exp(end - larger) + Math.exp(one - larger));
    }
    return sum + end;
  }

  private double[] logProbabilities(int index, int... tokens) {
    double[] logs = new double[tokens.length];
    if (!context.logProbabilities(index, tokens, logs)) {
      throw new EmbarkException(Kind.NOT_FINITE, "The model's output has NaN or infinity.");
    }
    return logs;
  }

  private void decode() {
    LlamaContext.Status status = context.decode(batch);
    batches++;
    switch (status) {
      case DONE -> {}
      case CANCELLED -> throw EmbarkException.cancelled();
      case OUT_OF_MEMORY ->
          throw failed(Kind.OUT_OF_MEMORY, "There was no memory to compute the labels");
      case FAILED -> throw failed(Kind.MODEL, "llama.cpp could not compute the labels");
    }
  }

  private static EmbarkException failed(Kind kind, String what) {
    return new EmbarkException(kind, what + ": " + LlamaBackend.reason("no reason given"));
  }

  /** Returns the number of native batches since the last call. */
  int takeBatches() {
    int taken = batches;
    batches = 0;
    return taken;
  }

  /**
   * Returns the share of each label in the likelihood of all, given their logarithms; equal shares
   * if none is possible.
   */
  static double[] softmax(double[] logs) {
    double largest = Arrays.stream(logs).max().orElse(0);
    double[] shares =
        Arrays.stream(logs)
            .map(log -> largest == Double.NEGATIVE_INFINITY ? 1 : Math.exp(log - largest))
            .toArray();
    double sum = Arrays.stream(shares).sum();
    return Arrays.stream(shares).map(share -> share / sum).toArray();
  }

  /** Cancels the running and all later calls until called with false. Thread-safe. */
  void cancel(boolean cancel) {
    context.cancel(cancel);
  }

  @Override
  public void close() {
    batch.close();
    context.close();
  }
}
