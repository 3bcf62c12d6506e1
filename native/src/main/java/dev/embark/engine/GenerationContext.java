package dev.embark.engine;

import dev.embark.engine.EmbeddingException.Kind;
import dev.embark.llama.Llama;
import org.bytedeco.javacpp.Pointer;

/**
 * A llama.cpp context that keeps what it has seen: cells with the keys and values of a token each,
 * which its sequences take and share. For one thread, but {@link #cancel} is for any.
 */
class GenerationContext extends LlamaContext {
  /**
   * @param cells tokens that it keeps, of all sequences together
   * @param batchTokens of a call; at least {@code sequences}
   * @param sequences whose ids are below it
   * @throws EmbeddingException when llama.cpp cannot make it, or the model is no decoder
   */
  GenerationContext(LlamaModel model, int cells, int batchTokens, int sequences) {
    super(
        open(model, cells, batchTokens, sequences),
        "a context of " + cells + " tokens, " + batchTokens + " of them in a batch",
        batchTokens,
        sequences);
    String causal = model.metadata("general.architecture").orElse("") + ".attention.causal";
    if (!Llama.embark_generation_keeps(handle())
        || model.metadata(causal).orElse("true").equals("false")) {
      close();
      throw new EmbeddingException(
          Kind.MODEL,
          "The model "
              + model.path()
              + " looks at whole texts and goes on with none; generation takes a decoder.");
    }
  }

  private static Pointer open(LlamaModel model, int cells, int batchTokens, int sequences) {
    Llama.embark_llama_clear_log();
    // In F32 logits depend on their neighbours by 1e-5, in F16 by 1e-2, which weights of 16 or
    // fewer bits do anyway.
    boolean f32 = model.isF32() && model.options().device() == ModelOptions.CPU;
    return Llama.embark_generation_new(model.handle(), cells, batchTokens, sequences, THREADS, f32);
  }

  @Override
  int decodeNatively(Pointer context, TokenBatch batch) {
    return Llama.embark_generation_decode(context, batch.handle());
  }

  /** Frees the cells of a sequence that no other one shares. */
  void forget(int sequence) {
    Llama.embark_generation_forget(handle(), sequence);
  }

  /** Frees all cells and what they hold. */
  void forgetAll() {
    Llama.embark_generation_forget_all(handle());
  }

  /** Gives an empty sequence the first {@code tokens} of another one. */
  void share(int from, int to, int tokens) {
    Llama.embark_generation_share(handle(), from, to, tokens);
  }

  /**
   * The next token behind that at {@code index} of the last batch, which was an output.
   *
   * @return a token, {@link Sampler#NOT_FINITE} or {@link Sampler#NOTHING_FITS}
   */
  int sample(Sampler sampler, int index) {
    try {
      return Llama.embark_sampler_sample(sampler.handle(), handle(), index);
    } catch (RuntimeException e) {
      // llama.cpp throws where a token that a grammar let through leads nowhere.
      return Sampler.NOTHING_FITS;
    }
  }
}
