package dev.embark.llama;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import org.bytedeco.javacpp.Pointer;

/**
 * A llama.cpp context that keeps what it has seen: each of its sequences has a stream of cells,
 * with the keys and values of a token each. For one thread, but {@link #cancel} is for any.
 */
public class GenerationContext extends LlamaContext {
  /**
   * @param layout its streams; the ids of sequences are below their number
   * @param batchTokens of a call; at least as many as streams
   * @throws EmbarkException when llama.cpp cannot make it, or the model is no decoder
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
              + " looks at whole texts and goes on with none; generation takes a decoder.");
    }
  }

  private static Pointer open(LlamaModel model, StreamLayout layout, int batchTokens) {
    Llama.embark_llama_clear_log();
    boolean cpu = model.options().device() == ModelOptions.CPU;
    // Cells in F32 keep what weights in F32 give; behind other weights llama.cpp's own tools have
    // F16, whose answers these are to be.
    return Llama.embark_generation_new(
        model.handle(),
        layout.cells(),
        batchTokens,
        layout.streams(),
        THREADS,
        model.isF32() && cpu,
        !cpu);
  }

  @Override
  public int decodeNatively(Pointer context, TokenBatch batch) {
    return Llama.embark_generation_decode(context, batch.handle());
  }

  /** Frees the cells of a sequence. */
  public void forget(int sequence) {
    Llama.embark_generation_forget(handle(), sequence);
  }

  /** Frees all cells and what they hold. */
  public void forgetAll() {
    Llama.embark_generation_forget_all(handle());
  }

  /**
   * Replaces a sequence by a copy of another one, without computing it again.
   *
   * @throws IllegalArgumentException where llama.cpp would end the process: for ids that it lacks
   */
  public void copy(int from, int to) {
    if (from == to || Math.min(from, to) < 0 || Math.max(from, to) >= maxSequences()) {
      throw new IllegalArgumentException(
          "sequence " + from + " to " + to + " of a context that has " + maxSequences());
    }
    Llama.embark_generation_copy(handle(), from, to);
  }

  /**
   * The next token behind that at {@code index} of the last batch, which was an output.
   *
   * @return a token, {@link Sampler#NOT_FINITE} or {@link Sampler#NOTHING_FITS}
   */
  public int sample(Sampler sampler, int index) {
    try {
      return Llama.embark_sampler_sample(sampler.handle(), handle(), index);
    } catch (RuntimeException e) {
      // llama.cpp throws where a token that a grammar let through leads nowhere.
      return Sampler.NOTHING_FITS;
    }
  }
}
