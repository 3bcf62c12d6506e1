package dev.embark.imports;

import com.fasterxml.jackson.databind.JsonNode;
import dev.embark.gguf.GgufWriter;

/** Gemma 3 with attention in both directions, as EmbeddingGemma is. Immutable. */
final class GemmaEmbedding implements Architecture {
  // llama.cpp's pattern: the last of six layers sees the whole text.
  private static final int PATTERN = 6;

  private final Sizes sizes;
  private final int keyHeads;
  private final int headSize;
  private final int window;
  private final float epsilon;
  private final float base;
  private final float windowBase;

  GemmaEmbedding(Config config) throws ImportException {
    if (!config.flag("use_bidirectional_attention", false)) {
      throw new ImportException(
          "it is a Gemma that predicts text, and Embark imports EmbeddingGemma alone; use a GGUF"
              + " file of the model");
    }
    config.require("hidden_activation", "gelu_pytorch_tanh");
    config.require("attention_bias", "false");
    config.require("attn_logit_softcapping", "null");
    sizes = Sizes.of(config);
    keyHeads = config.positive("num_key_value_heads");
    headSize = config.positive("head_dim", 256);
    config.require("query_pre_attn_scalar", String.valueOf(headSize));
    window = config.positive("sliding_window");
    epsilon = config.number("rms_norm_eps", 1e-6);
    base = config.ropeBase("full_attention", "rope_theta", 1_000_000);
    windowBase = config.ropeBase("sliding_attention", "rope_local_base_freq", 10_000);
    JsonNode types = config.root().path("layer_types");
    for (int i = 0; i < types.size(); i++) {
      if (types.path(i).asText().equals("full_attention") != (i % PATTERN == PATTERN - 1)) {
        throw new ImportException(
            "its layer_types are not those of every sixth layer, which llama.cpp cannot compute;"
                + " use a GGUF file of the model");
      }
    }
  }

  @Override
  public String name() {
    return "gemma-embedding";
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
    put(gguf, "attention.sliding_window", window);
    put(gguf, "rope.freq_base", base);
    put(gguf, "rope.freq_base_swa", windowBase);
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
      norm(plan, to + "attn_norm", from + "input_layernorm", width);
      plan.matrix(to + "attn_q.weight", from + "self_attn.q_proj.weight", queries, width);
      plan.matrix(to + "attn_k.weight", from + "self_attn.k_proj.weight", keys, width);
      plan.matrix(to + "attn_v.weight", from + "self_attn.v_proj.weight", keys, width);
      plan.matrix(to + "attn_output.weight", from + "self_attn.o_proj.weight", width, queries);
      norm(plan, to + "attn_q_norm", from + "self_attn.q_norm", headSize);
      norm(plan, to + "attn_k_norm", from + "self_attn.k_norm", headSize);
      norm(plan, to + "post_attention_norm", from + "post_attention_layernorm", width);
      norm(plan, to + "ffn_norm", from + "pre_feedforward_layernorm", width);
      plan.matrix(to + "ffn_gate.weight", from + "mlp.gate_proj.weight", hidden, width);
      plan.matrix(to + "ffn_up.weight", from + "mlp.up_proj.weight", hidden, width);
      plan.matrix(to + "ffn_down.weight", from + "mlp.down_proj.weight", width, hidden);
      norm(plan, to + "post_ffw_norm", from + "post_feedforward_layernorm", width);
    }
    norm(plan, "output_norm", "norm", width);
  }

  /** Adds a norm, which Gemma stores as the distance from 1. */
  private static void norm(TensorPlan plan, String to, String from, long size)
      throws ImportException {
    plan.vector(to + ".weight", from + ".weight", size, 1);
  }

  @Override
  public boolean isUnneeded(String tensor) {
    return tensor.equals("lm_head.weight");
  }
}
