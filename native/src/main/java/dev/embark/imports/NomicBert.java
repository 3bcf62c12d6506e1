package dev.embark.imports;

import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufWriter;
import java.util.List;

/**
 * nomic-bert: BERT with rotary positions, gated feed-forward layers and no biases, as
 * nomic-embed-text v1 and v1.5 are. Immutable.
 */
final class NomicBert implements Architecture {
  // Variants that llama.cpp does not compute.
  private static final List<String> PLAIN =
      List.of(
          "causal",
          "qkv_proj_bias",
          "mlp_fc1_bias",
          "mlp_fc2_bias",
          "prenorm",
          "rotary_emb_interleaved",
          "use_rms_norm",
          "parallel_block");

  private final Sizes sizes;
  private final int tokenTypes;
  private final float epsilon;
  private final float base;

  /** Reads the configuration of the authors' own code, or that of transformers. */
  NomicBert(Config config) throws ImportException {
    boolean authors = config.root().has("n_embd");
    tokenTypes = config.positive("type_vocab_size", 2);
    if (!authors) {
      config.require("hidden_act", "silu");
      sizes =
          new Sizes(
              config.positive("hidden_size"),
              config.positive("num_hidden_layers"),
              config.positive("num_attention_heads"),
              config.positive("intermediate_size"),
              config.positive("max_position_embeddings"));
      epsilon = config.number("layer_norm_eps", 1e-12);
      base = config.ropeBase(1000);
      return;
    }
    config.require("activation_function", "swiglu");
    config.require("moe_every_n_layers", "0");
    for (String key : PLAIN) {
      config.require(key, "false");
    }
    config.require("rotary_emb_fraction", "1.0", "1");
    config.require("rotary_scaling_factor", "null");
    config.require("rotary_emb_scale_base", "null");
    sizes =
        new Sizes(
            config.positive("n_embd"),
            config.positive("n_layer"),
            config.positive("n_head"),
            config.positive("n_inner"),
            config.positive("n_positions"));
    epsilon = config.number("layer_norm_epsilon", 1e-12);
    base = config.number("rotary_emb_base", 1000);
  }

  @Override
  public String name() {
    return "nomic-bert";
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
    put(gguf, "attention.layer_norm_epsilon", epsilon);
    put(gguf, "attention.causal", false);
    put(gguf, "rope.freq_base", base);
    gguf.put("tokenizer.ggml.token_type_count", GgufValue.uint32(tokenTypes));
  }

  @Override
  public void add(TensorPlan plan, int context) throws ImportException {
    int width = sizes.width();
    int hidden = sizes.hidden();
    plan.rows(
        "token_types.weight", "embeddings.token_type_embeddings.weight", 0, tokenTypes, width);
    plan.norm("token_embd_norm", "emb_ln", width);
    for (int i = 0; i < sizes.layers(); i++) {
      String from = "encoder.layers." + i + ".";
      String to = "blk." + i + ".";
      plan.matrix(to + "attn_qkv.weight", from + "attn.Wqkv.weight", 3L * width, width);
      plan.matrix(to + "attn_output.weight", from + "attn.out_proj.weight", width, width);
      plan.norm(to + "attn_output_norm", from + "norm1", width);
      plan.matrix(to + "ffn_up.weight", from + "mlp.fc11.weight", hidden, width);
      plan.matrix(to + "ffn_gate.weight", from + "mlp.fc12.weight", hidden, width);
      plan.matrix(to + "ffn_down.weight", from + "mlp.fc2.weight", width, hidden);
      plan.norm(to + "layer_output_norm", from + "norm2", width);
    }
  }

  @Override
  public boolean isUnneeded(String tensor) {
    return tensor.startsWith("cls.") || tensor.startsWith("pooler.");
  }
}
