package dev.embark.imports;

import com.fasterxml.jackson.databind.JsonNode;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufWriter;
import java.util.regex.Pattern;

/**
 * ModernBERT: rotary positions, gated feed-forward layers, and windows in most layers. Immutable.
 */
final class ModernBert implements Architecture {
  private static final Pattern UNNEEDED = Pattern.compile("(head|decoder|classifier)\\..*");

  private final Sizes sizes;
  private final int vocabulary;
  private final int window;
  private final int pattern;
  private final float epsilon;
  private final float base;
  private final float windowBase;
  private final String activation;
  private final Config config;

  ModernBert(Config config) throws ImportException {
    this.config = config;
    for (String key : new String[] {"attention_bias", "mlp_bias", "norm_bias"}) {
      config.require(key, "false");
    }
    config.require("hidden_activation", "gelu", "silu");
    activation = config.text("hidden_activation", "gelu");
    sizes = Sizes.of(config);
    vocabulary = config.positive("vocab_size");
    window = config.positive("local_attention", 128);
    pattern = config.positive("global_attn_every_n_layers", 3);
    epsilon = config.number("norm_eps", 1e-5);
    base = config.ropeBase("full_attention", "global_rope_theta", 160_000);
    windowBase = config.ropeBase("sliding_attention", "local_rope_theta", 10_000);
    JsonNode types = config.root().path("layer_types");
    for (int i = 0; i < types.size(); i++) {
      if (types.path(i).asText().equals("full_attention") != (i % pattern == 0)) {
        throw new ImportException(
            "its layer_types are not those of every "
                + pattern
                + "th layer, which llama.cpp cannot compute; use a GGUF file of the model");
      }
    }
  }

  @Override
  public String name() {
    return "modern-bert";
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public String tokens() {
    return "embeddings.tok_embeddings.weight";
  }

  @Override
  public void put(GgufWriter gguf) {
    put(gguf, "vocab_size", vocabulary);
    put(gguf, "attention.layer_norm_epsilon", epsilon);
    put(gguf, "attention.causal", false);
    put(gguf, "attention.sliding_window", window);
    put(gguf, "attention.sliding_window_pattern", pattern);
    put(gguf, "rope.freq_base", base);
    put(gguf, "rope.freq_base_swa", windowBase);
    gguf.put("modern-bert.rope.scaling.type", GgufValue.string("none"))
        .put("modern-bert.hidden_activation", GgufValue.string(activation));
  }

  @Override
  public void add(TensorPlan plan, int context) throws ImportException {
    int width = sizes.width();
    int hidden = sizes.hidden();
    plan.vector("token_embd_norm.weight", "embeddings.norm.weight", width);
    for (int i = 0; i < sizes.layers(); i++) {
      String from = "layers." + i + ".";
      String to = "blk." + i + ".";
      if (i > 0) { // the first layer follows the norm of the embeddings
        plan.vector(to + "attn_norm.weight", from + "attn_norm.weight", width);
      }
      plan.matrix(to + "attn_qkv.weight", from + "attn.Wqkv.weight", 3L * width, width);
      plan.matrix(to + "attn_output.weight", from + "attn.Wo.weight", width, width);
      plan.vector(to + "ffn_norm.weight", from + "mlp_norm.weight", width);
      plan.matrix(to + "ffn_up.weight", from + "mlp.Wi.weight", 2L * hidden, width);
      plan.matrix(to + "ffn_down.weight", from + "mlp.Wo.weight", width, hidden);
    }
    plan.vector("output_norm.weight", "final_norm.weight", width);
  }

  /** Adds a dense layer with GELU, its norm, and the layer of the score, over the mean. */
  @Override
  public void addHead(TensorPlan head, TensorPlan body) throws ImportException {
    if (!config.text("classifier_pooling", "cls").equals("mean")) {
      throw new ImportException(
          "its classifier_pooling is "
              + config.text("classifier_pooling", "cls")
              + ", and llama.cpp computes only mean for ModernBERT; use a reranker of another kind");
    }
    config.require("classifier_bias", "false");
    config.require("classifier_activation", "gelu");
    int width = sizes.width();
    head.exact("cls", "head.dense", width, width, false);
    head.vector("cls.norm.weight", "head.norm.weight", width);
    head.exact("cls.output", "classifier", 1, width, true);
  }

  @Override
  public boolean isUnneeded(String tensor) {
    return UNNEEDED.matcher(tensor).matches();
  }
}
