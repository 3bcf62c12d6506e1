package dev.embark.imports;

import dev.embark.gguf.GgufWriter;
import java.util.OptionalInt;

/** Qwen3, a decoder, as Qwen3-Embedding and Qwen3-Reranker are. Immutable. */
final class Qwen3 implements Architecture {
  private final Sizes sizes;
  private final int keyHeads;
  private final int headSize;
  private final float epsilon;
  private final float base;

  Qwen3(Config config) throws ImportException {
    config.require("hidden_act", "silu");
    config.require("attention_bias", "false");
    config.require("use_sliding_window", "false");
    sizes = Sizes.of(config);
    keyHeads = config.positive("num_key_value_heads", sizes.heads());
    headSize = config.positive("head_dim", 128);
    epsilon = config.number("rms_norm_eps", 1e-6);
    base = config.ropeBase(10_000);
  }

  @Override
  public String name() {
    return "qwen3";
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public String tokens() {
    return "embed_tokens.weight";
  }

  @Override
  public void put(GgufWriter gguf) {
    put(gguf, "attention.head_count_kv", keyHeads);
    put(gguf, "attention.key_length", headSize);
    put(gguf, "attention.value_length", headSize);
    put(gguf, "attention.layer_norm_rms_epsilon", epsilon);
    put(gguf, "rope.freq_base", base);
  }

  @Override
  public void add(TensorPlan plan, int context) throws ImportException {
    int width = sizes.width();
    int hidden = sizes.hidden();
    long queries = (long) headSize * sizes.heads();
    long keys = (long) headSize * keyHeads;
    for (int i = 0; i < sizes.layers(); i++) {
      String from = "layers." + i + ".";
      String to = "blk." + i + ".";
      plan.vector(to + "attn_norm.weight", from + "input_layernorm.weight", width);
      plan.matrix(to + "attn_q.weight", from + "self_attn.q_proj.weight", queries, width);
      plan.matrix(to + "attn_k.weight", from + "self_attn.k_proj.weight", keys, width);
      plan.matrix(to + "attn_v.weight", from + "self_attn.v_proj.weight", keys, width);
      plan.matrix(to + "attn_output.weight", from + "self_attn.o_proj.weight", width, queries);
      plan.vector(to + "attn_q_norm.weight", from + "self_attn.q_norm.weight", headSize);
      plan.vector(to + "attn_k_norm.weight", from + "self_attn.k_norm.weight", headSize);
      plan.vector(to + "ffn_norm.weight", from + "post_attention_layernorm.weight", width);
      plan.matrix(to + "ffn_gate.weight", from + "mlp.gate_proj.weight", hidden, width);
      plan.matrix(to + "ffn_up.weight", from + "mlp.up_proj.weight", hidden, width);
      plan.matrix(to + "ffn_down.weight", from + "mlp.down_proj.weight", width, hidden);
    }
    plan.vector("output_norm.weight", "norm.weight", width);
  }

  @Override
  public boolean isDecoder() {
    return true;
  }

  /** Adds the layer of the score; llama.cpp compares its output with that of a row of zeros. */
  @Override
  public void addHead(TensorPlan head, TensorPlan body) throws ImportException {
    head.twoRows("cls.output.weight", "score.weight", 0, OptionalInt.empty(), sizes.width());
  }

  @Override
  public boolean isUnneeded(String tensor) {
    // The head that predicts tokens has no part in a vector.
    return tensor.equals("lm_head.weight");
  }
}
