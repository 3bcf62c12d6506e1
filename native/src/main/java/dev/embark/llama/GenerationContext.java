package dev.embark.llama;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import org.bytedeco.javacpp.Pointer;

/**
 * A llama.cpp context with a KV cache for generation: each sequence has its own stream of cells,
 * one cell per token. Not thread-safe, except for {@link #cancel}.
 */
public class GenerationContext extends LlamaContext {
  /**
   * Creates a context.
   *
   * @param layout its streams; sequence ids are below their number
   * @param batchTokens tokens per native call; at least the number of streams
   * @throws EmbarkException when llama.cpp cannot create the context, or the model is not a decoder
   */
  public GenerationContext(LlamaModel model, StreamLayout layout, int batchTokens) {
    super(
        open(model, layout, batchTokens),
        "a context of %d sequences of %d tokens, %d tokens in a batch"
            .formatted(layout.streams(), layout.cells(), batchTokens),
        batchTokens,
        layout.streams());
    String causal = model.metadata("general.architecture").orElse("") + ".attention.causal";
    if (!Llama.embark_generation_keeps(handle())
        || model.metadata(causal).orElse("true").equals("false")) {
      close();
      throw new EmbarkException(
          Kind.MODEL,
          "The model "
              + model.path()
              + " is an encoder, which cannot continue a text; generation takes a decoder.");
    }
  }

  private static Pointer open(LlamaModel model, StreamLayout layout, int batchTokens) {
    model.checkAnswers();
    Llama.embark_llama_clear_log();
    boolean cpu = model.options().device() == ModelOptions.CPU;
    // An F32 cache keeps the precision of F32 weights. Models with other weights use F16, the
    // default of llama.cpp's own tools, so that answers match theirs.
    return Llama.embark_generation_new(
        model.handle(),
        layout.cells(),
        batchTokens,
        layout.streams(),
        THREADS,
        model.isF32() && cpu,
        !cpu,
        cpu);
  }

  @Override
  public int decodeNatively(Pointer context, TokenBatch batch) {
    return Llama.embark_generation_decode(context, batch.handle());
  }

  /** Frees the cells of a sequence. */
  public void forget(int sequence) {
    Llama.embark_generation_forget(handle(), sequence);
  }

  /** Frees all cells. */
  public void forgetAll() {
    Llama.embark_generation_forget_all(handle());
  }

  /**
   * Replaces a sequence by a copy of another without recomputing it.
   *
   * @throws IllegalArgumentException for an unknown sequence id, on which llama.cpp would abort the
   *     process
   */
  public void copy(int from, int to) {
    if (from == to || Math.min(from, to) < 0 || Math.max(from, to) >= maxSequences()) {
      throw new IllegalArgumentException(
          "sequence " + from + " to " + to + " of a context that has " + maxSequences());
    }
    Llama.embark_generation_copy(handle(), from, to);
  }

  /**
   * Computes the natural logarithms of the probabilities of tokens behind position {@code index} of
   * the last batch, which must be an output.
   *
   * @param out receives one per token
   * @return false when the model's output contains NaN or infinity
   */
  public boolean logProbabilities(int index, int[] tokens, double[] out) {
    return Llama.embark_generation_log_probabilities(handle(), index, tokens, tokens.length, out);
  }

  /**
   * Samples the token that follows position {@code index} of the last batch, which must be an
   * output.
   *
   * @return a token id, {@link Sampler#NOT_FINITE} or {@link Sampler#NOTHING_FITS}
   */
  public int sample(Sampler sampler, int index) {
    try {
      return Llama.embark_sampler_sample(sampler.handle(), handle(), index);
    } catch (RuntimeException e) {
      // llama.cpp throws when the grammar accepted a token after which it has no continuation.
      return Sampler.NOTHING_FITS;
    }
  }
}
