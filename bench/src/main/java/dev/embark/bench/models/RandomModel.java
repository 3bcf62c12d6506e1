package dev.embark.bench.models;

import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufValueType;
import dev.embark.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A BERT of any width with random weights, which takes as long as a trained one of that width. */
public final class RandomModel {
  private static final int CONTEXT = 512;
  private static final int HEAD_SIZE = 64;
  private static final List<String> SPECIALS =
      List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");

  private final GgufWriter gguf = new GgufWriter();
  private final RandomTensors tensors = new RandomTensors(gguf, new Random(7));
  private final int width;

  private RandomModel(int width) {
    this.width = width;
  }

  /**
   * Writes a model in F16.
   *
   * @param words each is one token
   */
  public static Path write(Path file, int width, int layers, List<String> words)
      throws IOException {
    RandomModel model = new RandomModel(width);
    List<String> tokens = new ArrayList<>(SPECIALS);
    words.forEach(word -> tokens.add("▁" + word));
    model.describe(layers, tokens);
    model.weights(layers, tokens.size());
    model.gguf.writeTo(file);
    return file;
  }

  private void describe(int layers, List<String> tokens) {
    gguf.put("general.architecture", GgufValue.string("bert"))
        .put("general.name", GgufValue.string("random-" + width))
        .put("bert.block_count", GgufValue.uint32(layers))
        .put("bert.context_length", GgufValue.uint32(CONTEXT))
        .put("bert.embedding_length", GgufValue.uint32(width))
        .put("bert.feed_forward_length", GgufValue.uint32(4L * width))
        .put("bert.attention.head_count", GgufValue.uint32(width / HEAD_SIZE))
        .put("bert.attention.layer_norm_epsilon", GgufValue.float32(1e-12f))
        .put("bert.attention.causal", GgufValue.bool(false))
        .put("bert.pooling_type", GgufValue.uint32(1))
        .put("tokenizer.ggml.model", GgufValue.string("bert"))
        .put("tokenizer.ggml.pre", GgufValue.string("default"))
        .put("tokenizer.ggml.token_type_count", GgufValue.uint32(2))
        .put("tokenizer.ggml.tokens", GgufValue.array(GgufValueType.STRING, tokens))
        .put("tokenizer.ggml.bos_token_id", GgufValue.uint32(2))
        .put("tokenizer.ggml.unknown_token_id", GgufValue.uint32(1))
        .put("tokenizer.ggml.seperator_token_id", GgufValue.uint32(3))
        .put("tokenizer.ggml.padding_token_id", GgufValue.uint32(0))
        .put("tokenizer.ggml.cls_token_id", GgufValue.uint32(2))
        .put("tokenizer.ggml.mask_token_id", GgufValue.uint32(4));
  }

  private void weights(int layers, int tokens) {
    tensors.add("token_embd.weight", GgufTensorType.F16, 0, width, tokens);
    tensors.add("position_embd.weight", GgufTensorType.F16, 0, width, CONTEXT);
    tensors.add("token_types.weight", GgufTensorType.F32, 0, width, 2);
    norm("token_embd_norm");
    for (int i = 0; i < layers; i++) {
      String block = "blk." + i + ".";
      for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
        linear(block + name, width, width);
      }
      norm(block + "attn_output_norm");
      linear(block + "ffn_up", width, 4 * width);
      linear(block + "ffn_down", 4 * width, width);
      norm(block + "layer_output_norm");
    }
  }

  private void linear(String name, int in, int out) {
    tensors.add(name + ".weight", GgufTensorType.F16, 0, in, out);
    tensors.add(name + ".bias", GgufTensorType.F32, 0, out);
  }

  private void norm(String name) {
    tensors.add(name + ".weight", GgufTensorType.F32, 1, width);
    tensors.add(name + ".bias", GgufTensorType.F32, 0, width);
  }
}
