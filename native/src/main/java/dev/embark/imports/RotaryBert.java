package dev.embark.imports;

import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufWriter;
import java.util.List;

/**
 * BERT with rotary positions: nomic-bert, which has gated feed-forward layers and no biases, as
 * nomic-embed-text v1 and v1.5, and jina-bert-v3, which has biases and no gate. Immutable.
 */
final class RotaryBert implements Architecture {
  private static final String NOMIC = "nomic-bert";
  private static final String JINA = "jina-bert-v3";

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

  private final String name;
  private final Sizes sizes;
  private final int tokenTypes;
  private final float epsilon;
  private final float base;

  private RotaryBert(String name, Sizes sizes, int tokenTypes, float epsilon, float base) {
    this.name = name;
    this.sizes = sizes;
    this.tokenTypes = tokenTypes;
    this.epsilon = epsilon;
    this.base = base;
  }

  /** Reads the configuration of nomic-bert, of the authors' own code or of transformers. */
  static RotaryBert nomic(Config config) throws ImportException {
    if (!config.root().has("n_embd")) {
      config.require("hidden_act", "silu");
      return new RotaryBert(
          NOMIC,
          Sizes.of(config),
          config.positive("type_vocab_size", 2),
          config.number("layer_norm_eps", 1e-12),
          config.ropeBase(1000));
    }
    config.require("activation_function", "swiglu");
    config.require("moe_every_n_layers", "0");
    for (String key : PLAIN) {
      config.require(key, "false");
    }
    config.require("rotary_emb_fraction", "1.0", "1");
    config.require("rotary_scaling_factor", "null");
    config.require("rotary_emb_scale_base", "null");
    return new RotaryBert(
        NOMIC,
        new Sizes(
            config.positive("n_embd"),
            config.positive("n_layer"),
            config.positive("n_head"),
            config.positive("n_inner"),
            config.positive("n_positions")),
        config.positive("type_vocab_size", 2),
        config.number("layer_norm_epsilon", 1e-12),
        config.number("rotary_emb_base", 1000));
  }

  /**
   * Reads the configuration of jina-embeddings-v3 in the form of transformers: the model without
   * the adapters that its authors have for tasks.
   */
  static RotaryBert jina(Config config) throws ImportException {
    config.require("hidden_act", "gelu");
    return new RotaryBert(
        JINA,
        Sizes.of(config),
        config.positive("type_vocab_size", 1),
        config.number("layer_norm_eps", 1e-5),
        config.ropeBase(20_000));
  }

  @Override
  public String name() {
    return name;
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
      if (name.equals(JINA)) {
        plan.linear(to + "attn_qkv", from + "mixer.Wqkv", 3L * width, width);
        plan.linear(to + "attn_output", from + "mixer.out_proj", width, width);
        plan.linear(to + "ffn_up", from + "mlp.fc1", hidden, width);
        plan.linear(to + "ffn_down", from + "mlp.fc2", width, hidden);
      } else {
        plan.matrix(to + "attn_qkv.weight", from + "attn.Wqkv.weight", 3L * width, width);
        plan.matrix(to + "attn_output.weight", from + "attn.out_proj.weight", width, width);
        plan.matrix(to + "ffn_up.weight", from + "mlp.fc11.weight", hidden, width);
        plan.matrix(to + "ffn_gate.weight", from + "mlp.fc12.weight", hidden, width);
        plan.matrix(to + "ffn_down.weight", from + "mlp.fc2.weight", width, hidden);
      }
      plan.norm(to + "attn_output_norm", from + "norm1", width);
      plan.norm(to + "layer_output_norm", from + "norm2", width);
    }
  }

  @Override
  public boolean isUnneeded(String tensor) {
    return tensor.startsWith("cls.") || tensor.startsWith("pooler.");
  }
}
