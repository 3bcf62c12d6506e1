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
 * A BERT of any shape with random weights.
 *
 * @param type of its matrices
 */
record RandomBert(int layers, int heads, int headSize, int hidden, GgufTensorType type) {
  static final int CONTEXT = 512;

  /** Writes the model into {@code dir}; the same bytes each time. */
  Path write(Path dir) throws IOException {
    List<String> tokens = TinyModel.wordPieces();
    int d = heads * headSize;
    GgufWriter gguf =
        new GgufWriter()
            .put("general.architecture", GgufValue.string("bert"))
            .put("general.name", GgufValue.string("random"))
            .put("bert.block_count", GgufValue.uint32(layers))
            .put("bert.context_length", GgufValue.uint32(CONTEXT))
            .put("bert.embedding_length", GgufValue.uint32(d))
            .put("bert.feed_forward_length", GgufValue.uint32(hidden))
            .put("bert.attention.head_count", GgufValue.uint32(heads))
            .put("bert.attention.layer_norm_epsilon", GgufValue.float32(1e-12f))
            .put("bert.attention.causal", GgufValue.bool(false))
            .put("bert.pooling_type", GgufValue.uint32(1))
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
    matrix(gguf, random, "position_embd", d, CONTEXT);
    TinyModel.matrix(gguf, random, "token_types.weight", d, 2); // llama.cpp wants F32 here
    norm(gguf, random, "token_embd_norm", d);
    for (int layer = 0; layer < layers; layer++) {
      String block = "blk." + layer + ".";
      for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
        linear(gguf, random, block + name, d, d);
      }
      norm(gguf, random, block + "attn_output_norm", d);
      linear(gguf, random, block + "ffn_up", d, hidden);
      linear(gguf, random, block + "ffn_down", hidden, d);
      norm(gguf, random, block + "layer_output_norm", d);
    }
    Path file =
        dir.resolve("random-" + layers + "-" + heads + "-" + headSize + "-" + type + ".gguf");
    gguf.writeTo(file);
    return file;
  }

  private void linear(GgufWriter gguf, Random random, String name, int in, int out) {
    matrix(gguf, random, name, in, out);
    TinyModel.vector(gguf, random, name + ".bias", out, 0);
  }

  /** Of a size that keeps the variance of what it multiplies, as trained layers roughly do. */
  private void matrix(GgufWriter gguf, Random random, String name, int in, int out) {
    float[] values = new float[in * out];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() / Math.sqrt(in));
    }
    gguf.tensor(name + ".weight", type, () -> FloatBuffer.wrap(values), in, out);
  }

  private static void norm(GgufWriter gguf, Random random, String name, int d) {
    TinyModel.vector(gguf, random, name + ".weight", d, 1);
    TinyModel.vector(gguf, random, name + ".bias", d, 0);
  }
}
