package dev.embark.imports;

import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufWriter;
import java.util.Optional;
import java.util.regex.Pattern;

/** BERT and what computes as it does: RoBERTa, XLM-RoBERTa, CamemBERT. Immutable. */
final class Bert implements Architecture {
  private static final Pattern UNNEEDED =
      Pattern.compile("(pooler|cls|lm_head)\\..*|embeddings\\.position_ids");

  private static final String TOKEN_TYPES = "embeddings.token_type_embeddings.weight";

  private final Sizes sizes;
  private final boolean isRoberta;
  private final int firstPosition;
  private final int tokenTypes;
  private final float epsilon;

  /**
   * Reads the configuration.
   *
   * @param offsetPositions whether positions are counted from the padding token's id on, as in
   *     RoBERTa
   */
  Bert(Config config, boolean offsetPositions) throws ImportException {
    isRoberta = offsetPositions;
    config.require("hidden_act", "gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast");
    config.require("position_embedding_type", "absolute");
    config.require("is_decoder", "false");
    firstPosition = offsetPositions ? Math.round(config.number("pad_token_id", 1)) + 1 : 0;
    int positions = config.positive("max_position_embeddings") - firstPosition;
    if (firstPosition < 0 || positions < 1) {
      throw new ImportException("config.json has no positions for the tokens of a text");
    }
    sizes = Sizes.of(config, positions);
    tokenTypes = config.positive("type_vocab_size", offsetPositions ? 1 : 2);
    epsilon = config.number("layer_norm_eps", 1e-12);
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
    put(gguf, "attention.layer_norm_epsilon", epsilon);
    put(gguf, "attention.causal", false);
    gguf.put("tokenizer.ggml.token_type_count", GgufValue.uint32(tokenTypes));
  }

  @Override
  public void add(TensorPlan plan, int context) throws ImportException {
    int width = sizes.width();
    int hidden = sizes.hidden();
    plan.rows(
        "position_embd.weight",
        "embeddings.position_embeddings.weight",
        firstPosition,
        context,
        width);
    plan.rows("token_types.weight", TOKEN_TYPES, 0, tokenTypes, width);
    plan.norm("token_embd_norm", "embeddings.LayerNorm", width);
    for (int i = 0; i < sizes.layers(); i++) {
      String from = "encoder.layer." + i + ".";
      String to = "blk." + i + ".";
      plan.linear(to + "attn_q", from + "attention.self.query", width, width);
      plan.linear(to + "attn_k", from + "attention.self.key", width, width);
      plan.linear(to + "attn_v", from + "attention.self.value", width, width);
      plan.linear(to + "attn_output", from + "attention.output.dense", width, width);
      plan.norm(to + "attn_output_norm", from + "attention.output.LayerNorm", width);
      plan.linear(to + "ffn_up", from + "intermediate.dense", hidden, width);
      plan.linear(to + "ffn_down", from + "output.dense", width, hidden);
      plan.norm(to + "layer_output_norm", from + "output.LayerNorm", width);
    }
  }

  /** Adds a dense layer with tanh, which BERT calls its pooler, and the layer of the score. */
  @Override
  public void addHead(TensorPlan head, TensorPlan body) throws ImportException {
    int width = sizes.width();
    if (isRoberta) {
      head.exact("cls", "classifier.dense", width, width, true);
      head.exact("cls.output", "classifier.out_proj", 1, width, true);
    } else {
      body.exact("cls", "pooler.dense", width, width, true);
      head.exact("cls.output", "classifier", 1, width, true);
    }
  }

  @Override
  public Optional<String> tokenTypes() {
    return tokenTypes > 1 ? Optional.of(TOKEN_TYPES) : Optional.empty();
  }

  @Override
  public boolean isUnneeded(String tensor) {
    return UNNEEDED.matcher(tensor).matches();
  }
}
