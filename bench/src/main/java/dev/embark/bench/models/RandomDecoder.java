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

/** A llama of any width with random weights in F16, which takes as long as a trained one. */
public final class RandomDecoder {
  private static final int CONTEXT = 4096;
  private static final int HEAD_SIZE = 64;
  private static final int PIECES = 16_000;
  private static final int NORMAL = 1;
  private static final int CONTROL = 3;
  private static final int BYTE = 6;

  private final GgufWriter gguf = new GgufWriter();
  private final RandomTensors tensors = new RandomTensors(gguf, new Random(13));
  private final int width;

  private RandomDecoder(int width) {
    this.width = width;
  }

  /** Writes a model. */
  public static Path write(Path file, int width, int layers) throws IOException {
    RandomDecoder model = new RandomDecoder(width);
    model.vocabulary();
    model.describe(layers);
    model.weights(layers);
    model.gguf.writeTo(file);
    return file;
  }

  private void vocabulary() {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    List<Integer> types = new ArrayList<>(List.of(CONTROL, CONTROL, CONTROL));
    for (int b = 0; b < 256; b++) {
      tokens.add(String.format("<0x%02X>", b));
      types.add(BYTE);
    }
    while (tokens.size() < PIECES) {
      tokens.add("▁" + Integer.toString(tokens.size(), Character.MAX_RADIX));
      types.add(NORMAL);
    }
    List<Float> scores = new ArrayList<>();
    tokens.forEach(token -> scores.add(0f));
    gguf.put("tokenizer.ggml.model", GgufValue.string("llama"))
        .put("tokenizer.ggml.pre", GgufValue.string("default"))
        .put("tokenizer.ggml.tokens", GgufValue.array(GgufValueType.STRING, tokens))
        .put("tokenizer.ggml.token_type", GgufValue.array(GgufValueType.INT32, types))
        .put("tokenizer.ggml.scores", GgufValue.array(GgufValueType.FLOAT32, scores))
        .put("tokenizer.ggml.unknown_token_id", GgufValue.uint32(0))
        .put("tokenizer.ggml.bos_token_id", GgufValue.uint32(1))
        .put("tokenizer.ggml.eos_token_id", GgufValue.uint32(2));
  }

  private void describe(int layers) {
    gguf.put("general.architecture", GgufValue.string("llama"))
        .put("general.name", GgufValue.string("random-decoder-" + width))
        .put("llama.block_count", GgufValue.uint32(layers))
        .put("llama.context_length", GgufValue.uint32(CONTEXT))
        .put("llama.embedding_length", GgufValue.uint32(width))
        .put("llama.feed_forward_length", GgufValue.uint32(3L * width))
        .put("llama.attention.head_count", GgufValue.uint32(width / HEAD_SIZE))
        .put("llama.attention.layer_norm_rms_epsilon", GgufValue.float32(1e-6f))
        .put("llama.rope.dimension_count", GgufValue.uint32(HEAD_SIZE));
  }

  private void weights(int layers) {
    tensors.add("token_embd.weight", GgufTensorType.F16, 0, width, PIECES);
    tensors.add("output.weight", GgufTensorType.F16, 0, width, PIECES);
    tensors.add("output_norm.weight", GgufTensorType.F32, 1, width);
    for (int i = 0; i < layers; i++) {
      String block = "blk." + i + ".";
      tensors.add(block + "attn_norm.weight", GgufTensorType.F32, 1, width);
      for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
        tensors.add(block + name + ".weight", GgufTensorType.F16, 0, width, width);
      }
      tensors.add(block + "ffn_norm.weight", GgufTensorType.F32, 1, width);
      tensors.add(block + "ffn_gate.weight", GgufTensorType.F16, 0, width, 3L * width);
      tensors.add(block + "ffn_up.weight", GgufTensorType.F16, 0, width, 3L * width);
      tensors.add(block + "ffn_down.weight", GgufTensorType.F16, 0, 3L * width, width);
    }
  }
}
