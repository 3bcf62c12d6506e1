package dev.embark.spark;

import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufValueType;
import dev.embark.gguf.GgufWriter;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Writes a tiny llama model with random weights and one token per byte, which generates nonsense.
 */
public final class TinyGenerator {
  /** Context size in tokens, shared by a prompt and its answer. */
  public static final int CONTEXT = 256;

  private static final int WIDTH = 32;
  private static final int HEADS = 4;
  private static final int NORMAL = 1;
  private static final int CONTROL = 3;
  private static final int BYTE = 6;

  private final GgufWriter gguf = new GgufWriter();
  private final Random random = new Random(11);

  private TinyGenerator() {}

  /** Writes the model to {@code dir}; deterministic. */
  public static Path write(Path dir) throws IOException {
    return write(dir, Map.of());
  }

  /** Writes the model with further texts in its metadata. */
  public static Path write(Path dir, Map<String, String> texts) throws IOException {
    TinyGenerator model = new TinyGenerator();
    List<String> tokens = model.vocabulary();
    model.describe();
    texts.forEach((key, text) -> model.gguf.put(key, GgufValue.string(text)));
    model.weights(tokens.size());
    Path file = dir.resolve("generator.gguf");
    model.gguf.writeTo(file);
    return file;
  }

  private List<String> vocabulary() {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    List<Integer> types = new ArrayList<>(List.of(CONTROL, CONTROL, CONTROL));
    List<Float> scores = new ArrayList<>(List.of(0f, 0f, 0f));
    for (int b = 0; b < 256; b++) {
      tokens.add(String.format("<0x%02X>", b));
      types.add(BYTE);
      scores.add(0f);
    }
    for (String piece : List.of("▁", "e", "t")) {
      tokens.add(piece);
      types.add(NORMAL);
      scores.add(-1f);
    }
    gguf.put("tokenizer.ggml.model", GgufValue.string("llama"))
        .put("tokenizer.ggml.pre", GgufValue.string("default"))
        .put("tokenizer.ggml.tokens", GgufValue.array(GgufValueType.STRING, tokens))
        .put("tokenizer.ggml.token_type", GgufValue.array(GgufValueType.INT32, types))
        .put("tokenizer.ggml.scores", GgufValue.array(GgufValueType.FLOAT32, scores))
        .put("tokenizer.ggml.unknown_token_id", GgufValue.uint32(0))
        .put("tokenizer.ggml.bos_token_id", GgufValue.uint32(1))
        .put("tokenizer.ggml.eos_token_id", GgufValue.uint32(2));
    return tokens;
  }

  private void describe() {
    gguf.put("general.architecture", GgufValue.string("llama"))
        .put("general.name", GgufValue.string("tiny generator"))
        .put("llama.block_count", GgufValue.uint32(1))
        .put("llama.context_length", GgufValue.uint32(CONTEXT))
        .put("llama.embedding_length", GgufValue.uint32(WIDTH))
        .put("llama.feed_forward_length", GgufValue.uint32(2L * WIDTH))
        .put("llama.attention.head_count", GgufValue.uint32(HEADS))
        .put("llama.attention.layer_norm_rms_epsilon", GgufValue.float32(1e-6f))
        .put("llama.rope.dimension_count", GgufValue.uint32(WIDTH / HEADS));
  }

  private void weights(int tokens) {
    tensor("token_embd.weight", WIDTH, tokens);
    tensor("output.weight", WIDTH, tokens);
    tensor("output_norm.weight", WIDTH);
    for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
      tensor("blk.0." + name + ".weight", WIDTH, WIDTH);
    }
    tensor("blk.0.attn_norm.weight", WIDTH);
    tensor("blk.0.ffn_norm.weight", WIDTH);
    tensor("blk.0.ffn_gate.weight", WIDTH, 2 * WIDTH);
    tensor("blk.0.ffn_up.weight", WIDTH, 2 * WIDTH);
    tensor("blk.0.ffn_down.weight", 2 * WIDTH, WIDTH);
  }

  private void tensor(String name, long... shape) {
    int n = 1;
    for (long size : shape) {
      n *= (int) size;
    }
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (shape.length == 1 ? 1 : 0) + 0.3f * (float) random.nextGaussian();
    }
    gguf.tensor(name, GgufTensorType.F32, () -> FloatBuffer.wrap(values), shape);
  }
}
