package dev.embark.engine;

import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufValueType;
import dev.embark.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Models with random weights, one for each way in which Embark's architectures differ. */
public enum TinyKind {
  /** Encoder without positions in its embeddings: rotary, gated, no biases; WordPiece. */
  NOMIC_BERT("nomic-bert", 1) {
    @Override
    void describe(GgufWriter gguf) {
      List<String> tokens = TinyModel.wordPieces();
      gguf.put("nomic-bert.attention.head_count", GgufValue.uint32(2))
          .put("nomic-bert.attention.layer_norm_epsilon", GgufValue.float32(1e-12f))
          .put("nomic-bert.attention.causal", GgufValue.bool(false))
          .put("nomic-bert.rope.freq_base", GgufValue.float32(1000f));
      vocabulary(gguf, "bert", "default", tokens, TinyModel.wordPieceTypes(tokens));
      gguf.put("tokenizer.ggml.token_type_count", GgufValue.uint32(2));
      TinyModel.putSpecialTokens(gguf);
    }

    @Override
    void weights(GgufWriter gguf, Random random) {
      TinyModel.matrix(
          gguf, random, "token_embd.weight", DIMENSIONS, TinyModel.wordPieces().size());
      TinyModel.matrix(gguf, random, "token_types.weight", DIMENSIONS, 2);
      layerNorm(gguf, random, "token_embd_norm");
      for (int i = 0; i < LAYERS; i++) {
        String block = "blk." + i + ".";
        TinyModel.matrix(gguf, random, block + "attn_qkv.weight", DIMENSIONS, 3 * DIMENSIONS);
        TinyModel.matrix(gguf, random, block + "attn_output.weight", DIMENSIONS, DIMENSIONS);
        layerNorm(gguf, random, block + "attn_output_norm");
        feedForward(gguf, random, block);
        layerNorm(gguf, random, block + "layer_output_norm");
      }
    }
  },

  /**
   * Encoder with a sliding window in all layers but the first; byte pairs between special tokens.
   */
  MODERN_BERT("modern-bert", 2) {
    @Override
    void describe(GgufWriter gguf) {
      gguf.put("modern-bert.attention.head_count", GgufValue.uint32(2))
          .put("modern-bert.attention.layer_norm_epsilon", GgufValue.float32(1e-5f))
          .put("modern-bert.attention.causal", GgufValue.bool(false))
          .put("modern-bert.attention.sliding_window", GgufValue.uint32(16))
          .put("modern-bert.attention.sliding_window_pattern", GgufValue.uint32(2))
          .put("modern-bert.rope.freq_base", GgufValue.float32(160_000f))
          .put("modern-bert.rope.freq_base_swa", GgufValue.float32(10_000f));
      bytePairVocabulary(gguf, "modern-bert", true);
      long end = bytePairs().size() - 1L;
      gguf.put("tokenizer.ggml.seperator_token_id", GgufValue.uint32(end));
    }

    @Override
    void weights(GgufWriter gguf, Random random) {
      TinyModel.matrix(gguf, random, "token_embd.weight", DIMENSIONS, bytePairs().size());
      TinyModel.vector(gguf, random, "token_embd_norm.weight", DIMENSIONS, 1);
      TinyModel.vector(gguf, random, "output_norm.weight", DIMENSIONS, 1);
      for (int i = 0; i < LAYERS; i++) {
        String block = "blk." + i + ".";
        if (i > 0) {
          TinyModel.vector(gguf, random, block + "attn_norm.weight", DIMENSIONS, 1);
        }
        TinyModel.matrix(gguf, random, block + "attn_qkv.weight", DIMENSIONS, 3 * DIMENSIONS);
        TinyModel.matrix(gguf, random, block + "attn_output.weight", DIMENSIONS, DIMENSIONS);
        TinyModel.vector(gguf, random, block + "ffn_norm.weight", DIMENSIONS, 1);
        TinyModel.matrix(gguf, random, block + "ffn_up.weight", DIMENSIONS, 2 * HIDDEN);
        TinyModel.matrix(gguf, random, block + "ffn_down.weight", HIDDEN, DIMENSIONS);
      }
    }
  },

  /** Decoder, grouped heads wider than dimensions / heads, byte pairs; the last token's vector. */
  QWEN3_LAST("qwen3", 3) {
    @Override
    void describe(GgufWriter gguf) {
      qwen3(gguf);
    }

    @Override
    void weights(GgufWriter gguf, Random random) {
      qwen3Weights(gguf, random);
    }
  },

  /** The same with the mean of all tokens. */
  QWEN3_MEAN("qwen3", 1) {
    @Override
    void describe(GgufWriter gguf) {
      qwen3(gguf);
    }

    @Override
    void weights(GgufWriter gguf, Random random) {
      qwen3Weights(gguf, random);
    }
  },

  /** Decoder whose first layer convolves and has no attention; the mean of all tokens. */
  LFM2("lfm2", 1) {
    @Override
    void describe(GgufWriter gguf) {
      gguf.put("lfm2.attention.head_count", GgufValue.uint32(HEADS))
          .put(
              "lfm2.attention.head_count_kv",
              GgufValue.array(GgufValueType.INT32, List.of(0, HEADS / 2)))
          .put("lfm2.attention.layer_norm_rms_epsilon", GgufValue.float32(1e-6f))
          .put("lfm2.shortconv.l_cache", GgufValue.uint32(CONVOLUTION))
          .put("lfm2.rope.freq_base", GgufValue.float32(1e6f));
      bytePairVocabulary(gguf, "lfm2", true);
    }

    @Override
    void weights(GgufWriter gguf, Random random) {
      TinyModel.matrix(gguf, random, "token_embd.weight", DIMENSIONS, bytePairs().size());
      TinyModel.vector(gguf, random, "token_embd_norm.weight", DIMENSIONS, 1);
      int size = DIMENSIONS / HEADS;
      for (int i = 0; i < LAYERS; i++) {
        String block = "blk." + i + ".";
        TinyModel.vector(gguf, random, block + "attn_norm.weight", DIMENSIONS, 1);
        if (i == 0) {
          TinyModel.matrix(gguf, random, block + "shortconv.conv.weight", CONVOLUTION, DIMENSIONS);
          TinyModel.matrix(
              gguf, random, block + "shortconv.in_proj.weight", DIMENSIONS, 3 * DIMENSIONS);
          TinyModel.matrix(
              gguf, random, block + "shortconv.out_proj.weight", DIMENSIONS, DIMENSIONS);
        } else {
          TinyModel.matrix(gguf, random, block + "attn_q.weight", DIMENSIONS, DIMENSIONS);
          TinyModel.matrix(gguf, random, block + "attn_k.weight", DIMENSIONS, DIMENSIONS / 2);
          TinyModel.matrix(gguf, random, block + "attn_v.weight", DIMENSIONS, DIMENSIONS / 2);
          TinyModel.matrix(gguf, random, block + "attn_output.weight", DIMENSIONS, DIMENSIONS);
          TinyModel.vector(gguf, random, block + "attn_q_norm.weight", size, 1);
          TinyModel.vector(gguf, random, block + "attn_k_norm.weight", size, 1);
        }
        TinyModel.vector(gguf, random, block + "ffn_norm.weight", DIMENSIONS, 1);
        feedForward(gguf, random, block);
      }
    }
  },

  /** Encoder with a sliding window in every other layer; SentencePiece. */
  GEMMA_EMBEDDING("gemma-embedding", 1) {
    @Override
    void describe(GgufWriter gguf) {
      heads(gguf, "gemma-embedding", 1);
      gguf.put("gemma-embedding.rope.freq_base", GgufValue.float32(1e6f))
          .put("gemma-embedding.rope.freq_base_swa", GgufValue.float32(1e4f))
          .put("gemma-embedding.attention.sliding_window", GgufValue.uint32(16))
          .put("gemma-embedding.attention.sliding_window_pattern", GgufValue.uint32(2));
      List<String> pieces = sentencePieces();
      List<Integer> types = new ArrayList<>(List.of(CONTROL, CONTROL, CONTROL, UNKNOWN));
      types.addAll(Collections.nCopies(256, BYTE));
      types.addAll(Collections.nCopies(pieces.size() - types.size(), NORMAL));
      vocabulary(gguf, "llama", "default", pieces, types);
      List<Float> scores = new ArrayList<>();
      for (int i = 0; i < pieces.size(); i++) {
        scores.add(-(float) i);
      }
      gguf.put("tokenizer.ggml.scores", GgufValue.array(GgufValueType.FLOAT32, scores))
          .put("tokenizer.ggml.padding_token_id", GgufValue.uint32(0))
          .put("tokenizer.ggml.eos_token_id", GgufValue.uint32(1))
          .put("tokenizer.ggml.bos_token_id", GgufValue.uint32(2))
          .put("tokenizer.ggml.unknown_token_id", GgufValue.uint32(3))
          .put("tokenizer.ggml.add_bos_token", GgufValue.bool(true))
          .put("tokenizer.ggml.add_eos_token", GgufValue.bool(true))
          .put("tokenizer.ggml.add_space_prefix", GgufValue.bool(false));
    }

    @Override
    void weights(GgufWriter gguf, Random random) {
      TinyModel.matrix(gguf, random, "token_embd.weight", DIMENSIONS, sentencePieces().size());
      TinyModel.vector(gguf, random, "output_norm.weight", DIMENSIONS, 1);
      for (int i = 0; i < LAYERS; i++) {
        String block = "blk." + i + ".";
        decoderAttention(gguf, random, block, 1);
        TinyModel.vector(gguf, random, block + "post_attention_norm.weight", DIMENSIONS, 1);
        TinyModel.vector(gguf, random, block + "ffn_norm.weight", DIMENSIONS, 1);
        feedForward(gguf, random, block);
        TinyModel.vector(gguf, random, block + "post_ffw_norm.weight", DIMENSIONS, 1);
      }
    }
  };

  public static final int DIMENSIONS = 32;
  public static final int CONTEXT = 512;
  static final int LAYERS = 2;
  static final int HEADS = 4;
  static final int HEAD_SIZE = 16;

  private static final int CONVOLUTION = 3;
  private static final int HIDDEN = 64;
  private static final int NORMAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int BYTE = 6;
  private static final List<String> MERGES = List.of("t h", "th e", "o g", "d og", "Ġ the");

  private final String architecture;
  private final int pooling;

  TinyKind(String architecture, int pooling) {
    this.architecture = architecture;
    this.pooling = pooling;
  }

  /** Everything that the architecture's metadata has beyond sizes, and the vocabulary. */
  abstract void describe(GgufWriter gguf);

  abstract void weights(GgufWriter gguf, Random random);

  public String architecture() {
    return architecture;
  }

  /** Writes the model into {@code dir}; the same bytes each time. */
  public Path write(Path dir) throws IOException {
    GgufWriter gguf =
        new GgufWriter()
            .put("general.architecture", GgufValue.string(architecture))
            .put("general.name", GgufValue.string("tiny " + architecture))
            .put(architecture + ".block_count", GgufValue.uint32(LAYERS))
            .put(architecture + ".context_length", GgufValue.uint32(CONTEXT))
            .put(architecture + ".embedding_length", GgufValue.uint32(DIMENSIONS))
            .put(architecture + ".feed_forward_length", GgufValue.uint32(HIDDEN))
            .put(architecture + ".pooling_type", GgufValue.uint32(pooling));
    describe(gguf);
    weights(gguf, new Random(21));
    Path file = dir.resolve(name() + ".gguf");
    gguf.writeTo(file);
    return file;
  }

  private static void qwen3(GgufWriter gguf) {
    heads(gguf, "qwen3", 2);
    gguf.put("qwen3.rope.freq_base", GgufValue.float32(1e6f));
    bytePairVocabulary(gguf, "qwen2", false);
  }

  private static void bytePairVocabulary(GgufWriter gguf, String pre, boolean opens) {
    List<String> tokens = bytePairs();
    List<Integer> types = new ArrayList<>(Collections.nCopies(tokens.size() - 1, NORMAL));
    types.add(CONTROL);
    vocabulary(gguf, "gpt2", pre, tokens, types);
    long end = tokens.size() - 1L;
    gguf.put("tokenizer.ggml.merges", GgufValue.array(GgufValueType.STRING, MERGES))
        .put("tokenizer.ggml.bos_token_id", GgufValue.uint32(end))
        .put("tokenizer.ggml.eos_token_id", GgufValue.uint32(end))
        .put("tokenizer.ggml.add_bos_token", GgufValue.bool(opens))
        .put("tokenizer.ggml.add_eos_token", GgufValue.bool(true));
  }

  private static void qwen3Weights(GgufWriter gguf, Random random) {
    TinyModel.matrix(gguf, random, "token_embd.weight", DIMENSIONS, bytePairs().size());
    TinyModel.vector(gguf, random, "output_norm.weight", DIMENSIONS, 1);
    for (int i = 0; i < LAYERS; i++) {
      String block = "blk." + i + ".";
      decoderAttention(gguf, random, block, 2);
      TinyModel.vector(gguf, random, block + "ffn_norm.weight", DIMENSIONS, 1);
      feedForward(gguf, random, block);
    }
  }

  private static void heads(GgufWriter gguf, String architecture, int keyHeads) {
    gguf.put(architecture + ".attention.head_count", GgufValue.uint32(HEADS))
        .put(architecture + ".attention.head_count_kv", GgufValue.uint32(keyHeads))
        .put(architecture + ".attention.key_length", GgufValue.uint32(HEAD_SIZE))
        .put(architecture + ".attention.value_length", GgufValue.uint32(HEAD_SIZE))
        .put(architecture + ".attention.layer_norm_rms_epsilon", GgufValue.float32(1e-6f));
  }

  private static void vocabulary(
      GgufWriter gguf, String model, String pre, List<String> tokens, List<Integer> types) {
    gguf.put("tokenizer.ggml.model", GgufValue.string(model))
        .put("tokenizer.ggml.pre", GgufValue.string(pre))
        .put("tokenizer.ggml.tokens", GgufValue.array(GgufValueType.STRING, tokens))
        .put("tokenizer.ggml.token_type", GgufValue.array(GgufValueType.INT32, types));
  }

  private static void decoderAttention(GgufWriter gguf, Random random, String block, int keyHeads) {
    TinyModel.vector(gguf, random, block + "attn_norm.weight", DIMENSIONS, 1);
    TinyModel.matrix(gguf, random, block + "attn_q.weight", DIMENSIONS, HEADS * HEAD_SIZE);
    TinyModel.matrix(gguf, random, block + "attn_k.weight", DIMENSIONS, keyHeads * HEAD_SIZE);
    TinyModel.matrix(gguf, random, block + "attn_v.weight", DIMENSIONS, keyHeads * HEAD_SIZE);
    TinyModel.matrix(gguf, random, block + "attn_output.weight", HEADS * HEAD_SIZE, DIMENSIONS);
    TinyModel.vector(gguf, random, block + "attn_q_norm.weight", HEAD_SIZE, 1);
    TinyModel.vector(gguf, random, block + "attn_k_norm.weight", HEAD_SIZE, 1);
  }

  private static void feedForward(GgufWriter gguf, Random random, String block) {
    TinyModel.matrix(gguf, random, block + "ffn_up.weight", DIMENSIONS, HIDDEN);
    TinyModel.matrix(gguf, random, block + "ffn_gate.weight", DIMENSIONS, HIDDEN);
    TinyModel.matrix(gguf, random, block + "ffn_down.weight", HIDDEN, DIMENSIONS);
  }

  private static void layerNorm(GgufWriter gguf, Random random, String name) {
    TinyModel.vector(gguf, random, name + ".weight", DIMENSIONS, 1);
    TinyModel.vector(gguf, random, name + ".bias", DIMENSIONS, 0);
  }

  /** A token for each byte in GPT-2's spelling, a few merged ones, and the end of a text. */
  private static List<String> bytePairs() {
    List<String> tokens = new ArrayList<>();
    int moved = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b > 32 && b < 127) || (b > 160 && b < 256 && b != 173);
      tokens.add(Character.toString(printable ? b : moved++));
    }
    MERGES.forEach(merge -> tokens.add(merge.replace(" ", "")));
    tokens.add("<|endoftext|>");
    return tokens;
  }

  private static List<String> sentencePieces() {
    List<String> pieces = new ArrayList<>(List.of("<pad>", "<eos>", "<bos>", "<unk>"));
    for (int b = 0; b < 256; b++) {
      pieces.add(String.format("<0x%02X>", b));
    }
    pieces.addAll(List.of("th", "the", "og", "dog", "▁the", "▁"));
    "abcdefghijklmnopqrstuvwxyz0123456789".chars().forEach(c -> pieces.add("" + (char) c));
    return pieces;
  }
}
