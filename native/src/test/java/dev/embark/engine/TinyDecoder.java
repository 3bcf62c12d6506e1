package dev.embark.engine;

import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufValueType;
import dev.embark.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Models with random weights that generate text, whose end they find at random. */
public enum TinyDecoder {
  /** Byte pairs, a norm of queries and keys, ChatML; no token opens a text. */
  QWEN3("qwen3", "<|im_start|>", "<|im_end|>") {
    @Override
    void describe(GgufWriter gguf, List<String> tokens) {
      gguf.put("tokenizer.ggml.model", GgufValue.string("gpt2"))
          .put("tokenizer.ggml.pre", GgufValue.string("qwen2"))
          .put("tokenizer.ggml.merges", GgufValue.array(GgufValueType.STRING, List.of("t h")))
          .put("tokenizer.ggml.add_bos_token", GgufValue.bool(false))
          .put(
              "tokenizer.chat_template",
              GgufValue.string(
                  "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content +"
                      + " '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}"
                      + "{{ '<|im_start|>assistant\\n' }}{% endif %}"));
    }

    @Override
    List<String> plainTokens() {
      List<String> tokens = new ArrayList<>();
      int moved = 256;
      for (int b = 0; b < 256; b++) {
        // GPT-2's spelling of a byte.
        boolean printable = (b > 32 && b < 127) || (b > 160 && b < 256 && b != 173);
        tokens.add(Character.toString(printable ? b : moved++));
      }
      tokens.add("th");
      return tokens;
    }
  },

  /** SentencePiece with bytes; a token opens every text; no chat template. */
  LLAMA("llama", "<s>", "</s>") {
    @Override
    void describe(GgufWriter gguf, List<String> tokens) {
      List<Float> scores = new ArrayList<>();
      for (int i = 0; i < tokens.size(); i++) {
        scores.add(-(float) i);
      }
      gguf.put("tokenizer.ggml.model", GgufValue.string("llama"))
          .put("tokenizer.ggml.pre", GgufValue.string("default"))
          .put("tokenizer.ggml.scores", GgufValue.array(GgufValueType.FLOAT32, scores))
          .put("tokenizer.ggml.unknown_token_id", GgufValue.uint32(tokens.size() - 3L))
          .put("tokenizer.ggml.add_bos_token", GgufValue.bool(true))
          .put("llama.rope.dimension_count", GgufValue.uint32(HEAD_SIZE));
    }

    @Override
    List<String> plainTokens() {
      List<String> tokens = new ArrayList<>();
      for (int b = 0; b < 256; b++) {
        tokens.add(String.format("<0x%02X>", b));
      }
      tokens.addAll(List.of("▁", "th", "▁the"));
      "abcdefghijklmnopqrstuvwxyz0123456789".chars().forEach(c -> tokens.add("" + (char) c));
      return tokens;
    }
  };

  public static final int CONTEXT = 256;

  private static final int DIMENSIONS = 32;
  private static final int LAYERS = 2;
  private static final int HEADS = 4;
  private static final int KEY_HEADS = 2;
  private static final int HEAD_SIZE = 8;
  private static final int HIDDEN = 64;
  private static final int NORMAL = 1;
  private static final int CONTROL = 3;
  private static final int BYTE = 6;

  private final String architecture;
  private final String opening;
  private final String end;

  TinyDecoder(String architecture, String opening, String end) {
    this.architecture = architecture;
    this.opening = opening;
    this.end = end;
  }

  /** What only this architecture's file says. */
  abstract void describe(GgufWriter gguf, List<String> tokens);

  /** The tokens that are no control tokens. */
  abstract List<String> plainTokens();

  /** The text of the token that ends an answer. */
  public String end() {
    return end;
  }

  /** Writes the model into {@code dir}, in F32; the same bytes each time. */
  public Path write(Path dir) throws IOException {
    return write(dir, GgufTensorType.F32);
  }

  /** The same with its matrices in another type. */
  public Path write(Path dir, GgufTensorType type) throws IOException {
    List<String> tokens = new ArrayList<>(plainTokens());
    List<Integer> types = new ArrayList<>();
    tokens.forEach(token -> types.add(token.startsWith("<0x") ? BYTE : NORMAL));
    tokens.addAll(List.of("<unk>", opening, end));
    types.addAll(Collections.nCopies(3, CONTROL));
    GgufWriter gguf =
        new GgufWriter()
            .put("general.architecture", GgufValue.string(architecture))
            .put("general.name", GgufValue.string("tiny " + architecture))
            .put(architecture + ".block_count", GgufValue.uint32(LAYERS))
            .put(architecture + ".context_length", GgufValue.uint32(CONTEXT))
            .put(architecture + ".embedding_length", GgufValue.uint32(DIMENSIONS))
            .put(architecture + ".feed_forward_length", GgufValue.uint32(HIDDEN))
            .put(architecture + ".attention.head_count", GgufValue.uint32(HEADS))
            .put(architecture + ".attention.head_count_kv", GgufValue.uint32(KEY_HEADS))
            .put(architecture + ".attention.key_length", GgufValue.uint32(HEAD_SIZE))
            .put(architecture + ".attention.value_length", GgufValue.uint32(HEAD_SIZE))
            .put(architecture + ".attention.layer_norm_rms_epsilon", GgufValue.float32(1e-6f))
            .put(architecture + ".rope.freq_base", GgufValue.float32(1e4f))
            .put("tokenizer.ggml.tokens", GgufValue.array(GgufValueType.STRING, tokens))
            .put("tokenizer.ggml.token_type", GgufValue.array(GgufValueType.INT32, types))
            .put("tokenizer.ggml.bos_token_id", GgufValue.uint32(tokens.size() - 2L))
            .put("tokenizer.ggml.eos_token_id", GgufValue.uint32(tokens.size() - 1L))
            .put("tokenizer.ggml.add_eos_token", GgufValue.bool(false));
    describe(gguf, tokens);
    weights(gguf, new Random(23), type, tokens.size());
    Path file = dir.resolve(name() + "-" + type + ".gguf");
    gguf.writeTo(file);
    return file;
  }

  private void weights(GgufWriter gguf, Random random, GgufTensorType type, int tokens) {
    TinyModel.matrix(gguf, random, type, "token_embd.weight", DIMENSIONS, tokens);
    TinyModel.matrix(gguf, random, type, "output.weight", DIMENSIONS, tokens);
    TinyModel.vector(gguf, random, "output_norm.weight", DIMENSIONS, 1);
    for (int i = 0; i < LAYERS; i++) {
      String block = "blk." + i + ".";
      TinyModel.vector(gguf, random, block + "attn_norm.weight", DIMENSIONS, 1);
      TinyModel.matrix(gguf, random, type, block + "attn_q.weight", DIMENSIONS, HEADS * HEAD_SIZE);
      TinyModel.matrix(
          gguf, random, type, block + "attn_k.weight", DIMENSIONS, KEY_HEADS * HEAD_SIZE);
      TinyModel.matrix(
          gguf, random, type, block + "attn_v.weight", DIMENSIONS, KEY_HEADS * HEAD_SIZE);
      TinyModel.matrix(
          gguf, random, type, block + "attn_output.weight", HEADS * HEAD_SIZE, DIMENSIONS);
      if (this == QWEN3) {
        TinyModel.vector(gguf, random, block + "attn_q_norm.weight", HEAD_SIZE, 1);
        TinyModel.vector(gguf, random, block + "attn_k_norm.weight", HEAD_SIZE, 1);
      }
      TinyModel.vector(gguf, random, block + "ffn_norm.weight", DIMENSIONS, 1);
      TinyModel.matrix(gguf, random, type, block + "ffn_up.weight", DIMENSIONS, HIDDEN);
      TinyModel.matrix(gguf, random, type, block + "ffn_gate.weight", DIMENSIONS, HIDDEN);
      TinyModel.matrix(gguf, random, type, block + "ffn_down.weight", HIDDEN, DIMENSIONS);
    }
  }
}
