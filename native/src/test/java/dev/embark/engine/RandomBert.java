package dev.embark.engine;

import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufValueType;
import dev.embark.gguf.GgufWriter;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * A BERT, or one of its descendants, of any shape with random weights.
 *
 * @param architecture {@code bert}, {@code jina-bert-v2}, {@code jina-bert-v3}, {@code nomic-bert}
 *     or {@code modern-bert}, whose layers but every third see {@value #WINDOW} tokens around each
 * @param type of its matrices
 */
public record RandomBert(
    String architecture, int layers, int heads, int headSize, int hidden, GgufTensorType type) {
  public static final int CONTEXT = 512;
  private static final int WINDOW = 32;

  public RandomBert(int layers, int heads, int headSize, int hidden, GgufTensorType type) {
    this("bert", layers, heads, headSize, hidden, type);
  }

  /** Writes the model into {@code dir}; the same bytes each time. */
  public Path write(Path dir) throws IOException {
    List<String> tokens = TinyModel.wordPieces();
    int d = heads * headSize;
    GgufWriter gguf =
        new GgufWriter()
            .put("general.architecture", GgufValue.string(architecture))
            .put("general.name", GgufValue.string("random"))
            .put(architecture + ".block_count", GgufValue.uint32(layers))
            .put(architecture + ".context_length", GgufValue.uint32(CONTEXT))
            .put(architecture + ".embedding_length", GgufValue.uint32(d))
            .put(architecture + ".feed_forward_length", GgufValue.uint32(hidden))
            .put(architecture + ".attention.head_count", GgufValue.uint32(heads))
            .put(architecture + ".attention.layer_norm_epsilon", GgufValue.float32(1e-12f))
            .put(architecture + ".attention.causal", GgufValue.bool(false))
            .put(architecture + ".pooling_type", GgufValue.uint32(1))
            .put("tokenizer.ggml.model", GgufValue.string("bert"))
            .put("tokenizer.ggml.pre", GgufValue.string("default"))
            .put("tokenizer.ggml.token_type_count", GgufValue.uint32(2))
            .put("tokenizer.ggml.tokens", GgufValue.array(GgufValueType.STRING, tokens))
            .put(
                "tokenizer.ggml.token_type",
                GgufValue.array(GgufValueType.INT32, TinyModel.wordPieceTypes(tokens)));
    TinyModel.putSpecialTokens(gguf);
    Random random = new Random(23);
    matrix(gguf, random, "token_embd", d, tokens.size());
    if (isRotary()) {
      gguf.put(architecture + ".rope.freq_base", GgufValue.float32(isModern() ? 160_000f : 1000f));
    } else if (architecture.equals("bert")) {
      matrix(gguf, random, "position_embd", d, CONTEXT);
    }
    if (!isModern()) {
      TinyModel.matrix(gguf, random, "token_types.weight", d, 2); // llama.cpp wants F32 here
    }
    norm(gguf, random, "token_embd_norm", d);
    if (isModern()) {
      gguf.put("modern-bert.attention.sliding_window", GgufValue.uint32(WINDOW))
          .put("modern-bert.attention.sliding_window_pattern", GgufValue.uint32(3))
          .put("modern-bert.rope.freq_base_swa", GgufValue.float32(10_000f));
      norm(gguf, random, "output_norm", d);
    }
    for (int layer = 0; layer < layers; layer++) {
      String block = "blk." + layer + ".";
      if (isModern() && layer > 0) {
        norm(gguf, random, block + "attn_norm", d);
      }
      if (isRotary()) {
        linear(gguf, random, block + "attn_qkv", d, 3 * d);
      } else {
        for (String name : List.of("attn_q", "attn_k", "attn_v")) {
          linear(gguf, random, block + name, d, d);
        }
      }
      linear(gguf, random, block + "attn_output", d, d);
      norm(gguf, random, block + (isModern() ? "ffn_norm" : "attn_output_norm"), d);
      linear(gguf, random, block + "ffn_up", d, isModern() ? 2 * hidden : hidden);
      if (architecture.equals("nomic-bert") || isFading()) {
        linear(gguf, random, block + "ffn_gate", d, hidden);
      }
      linear(gguf, random, block + "ffn_down", hidden, d);
      if (!isModern()) {
        norm(gguf, random, block + "layer_output_norm", d);
      }
    }
    String shape = layers + "-" + heads + "-" + headSize;
    Path file = dir.resolve("random-" + architecture + "-" + shape + "-" + type + ".gguf");
    gguf.writeTo(file);
    return file;
  }

  private boolean isRotary() {
    return !architecture.equals("bert") && !isFading();
  }

  /** Whether attention fades with distance (ALiBi). */
  private boolean isFading() {
    return architecture.equals("jina-bert-v2");
  }

  private boolean isModern() {
    return architecture.equals("modern-bert");
  }

  private boolean isBiased(String product) {
    boolean isGated = product.endsWith("ffn_up") || product.endsWith("ffn_gate");
    return !isModern() && !architecture.equals("nomic-bert") && !(isFading() && isGated);
  }

  private void linear(GgufWriter gguf, Random random, String name, int in, int out) {
    matrix(gguf, random, name, in, out);
    if (isBiased(name)) {
      TinyModel.vector(gguf, random, name + ".bias", out, 0);
    }
  }

  /** Of a size that keeps the variance of what it multiplies, as trained layers roughly do. */
  private void matrix(GgufWriter gguf, Random random, String name, int in, int out) {
    float[] values = new float[in * out];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() / Math.sqrt(in));
    }
    gguf.tensor(name + ".weight", type, () -> FloatBuffer.wrap(values), in, out);
  }

  private void norm(GgufWriter gguf, Random random, String name, int d) {
    TinyModel.vector(gguf, random, name + ".weight", d, 1);
    if (!isModern()) {
      TinyModel.vector(gguf, random, name + ".bias", d, 0);
    }
  }
}
