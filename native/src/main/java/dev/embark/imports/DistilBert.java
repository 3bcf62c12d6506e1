package dev.embark.imports;

import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufWriter;

/** DistilBERT, which llama.cpp computes as a BERT without token types. Immutable. */
final class DistilBert implements Architecture {
  private static final float EPSILON = 1e-12f; // fixed in its definition

  private final Sizes sizes;

  DistilBert(Config config) throws ImportException {
    config.require("activation", "gelu");
    sizes =
        new Sizes(
            config.positive("dim"),
            config.positive("n_layers"),
            config.positive("n_heads"),
            config.positive("hidden_dim"),
            config.positive("max_position_embeddings"));
  }

  @Override
  public String name() {
    return "bert";
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public String tokens() {
    return "embeddings.word_embeddings.weight";
  }

  @Override
  public void put(GgufWriter gguf) {
    put(gguf, "attention.layer_norm_epsilon", EPSILON);
    put(gguf, "attention.causal", false);
    gguf.put("tokenizer.ggml.token_type_count", GgufValue.uint32(1));
  }

  @Override
  public void add(TensorPlan plan, int context) throws ImportException {
    int width = sizes.width();
    int hidden = sizes.hidden();
    plan.rows("position_embd.weight", "embeddings.position_embeddings.weight", 0, context, width);
    plan.norm("token_embd_norm", "embeddings.LayerNorm", width);
    for (int i = 0; i < sizes.layers(); i++) {
      String from = "transformer.layer." + i + ".";
      String to = "blk." + i + ".";
      plan.linear(to + "attn_q", from + "attention.q_lin", width, width);
      plan.linear(to + "attn_k", from + "attention.k_lin", width, width);
      plan.linear(to + "attn_v", from + "attention.v_lin", width, width);
      plan.linear(to + "attn_output", from + "attention.out_lin", width, width);
      plan.norm(to + "attn_output_norm", from + "sa_layer_norm", width);
      plan.linear(to + "ffn_up", from + "ffn.lin1", hidden, width);
      plan.linear(to + "ffn_down", from + "ffn.lin2", width, hidden);
      plan.norm(to + "layer_output_norm", from + "output_layer_norm", width);
    }
  }

  @Override
  public boolean isUnneeded(String tensor) {
    return tensor.startsWith("vocab_") || tensor.equals("embeddings.position_ids");
  }
}
