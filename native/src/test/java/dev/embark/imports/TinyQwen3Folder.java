package dev.embark.imports;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A folder with a random Qwen3 of a few KB, as Qwen3-Reranker is published: a decoder with tied
 * embeddings whose card names the family. Its byte pairs include the answers, and a token that
 * spans the end of a question and of its line.
 */
public final class TinyQwen3Folder {
  public static final int WIDTH = 32;
  public static final int CONTEXT = 1024;

  private static final int LAYERS = 2;
  private static final int HEADS = 4;
  private static final int KEY_HEADS = 2;
  private static final int HEAD_SIZE = 16;
  private static final int HIDDEN = 64;
  private static final int UNUSED_ROWS = 4;
  private static final List<List<String>> MERGES =
      List.of(
          List.of("y", "e"),
          List.of("ye", "s"),
          List.of("n", "o"),
          List.of("?", "Ċ"),
          List.of("Ġ", "t"),
          List.of("h", "e"),
          List.of("Ġt", "he"));
  private static final List<String> SPECIAL =
      List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>");
  private static final String WORDS =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private TinyQwen3Folder() {}

  /** Writes the folder of a reranker that answers yes or no. */
  public static TinyFolder reranker(Path root) throws IOException {
    TinyFolder folder = new TinyFolder(root);
    Map<String, Integer> vocabulary = vocabulary();
    folder.file(
        "config.json",
        """
        {'architectures': ['Qwen3ForCausalLM'], 'model_type': 'qwen3', 'hidden_act': 'silu',
         'hidden_size': %d, 'num_hidden_layers': %d, 'num_attention_heads': %d, 'head_dim': %d,
         'num_key_value_heads': %d, 'intermediate_size': %d, 'max_position_embeddings': %d,
         'attention_bias': false, 'use_sliding_window': false, 'rms_norm_eps': 1e-06,
         'rope_theta': 1000000, 'tie_word_embeddings': true, 'vocab_size': %d}
        """
            .formatted(
                WIDTH,
                LAYERS,
                HEADS,
                HEAD_SIZE,
                KEY_HEADS,
                HIDDEN,
                CONTEXT,
                vocabulary.size() + SPECIAL.size() + UNUSED_ROWS));
    folder.file("README.md", "---\nlicense: mit\n---\n# Qwen3-Reranker-0.6B\n");
    folder.file("tokenizer_config.json", "{'model_max_length': 131072}");
    Files.writeString(
        folder.path("tokenizer.json"),
        new ObjectMapper().writeValueAsString(tokenizer(vocabulary)));
    weights(folder, vocabulary.size() + SPECIAL.size() + UNUSED_ROWS);
    return folder.weights("model.safetensors", List.copyOf(folder.tensors.keySet()));
  }

  /**
   * Gives the model a head of its own in place of the answers: the difference of their rows, which
   * has the same scores.
   */
  public static TinyFolder asClassifier(TinyFolder folder) throws IOException {
    float[] rows = folder.tensors.get("model.embed_tokens.weight").values();
    int yes = vocabulary().get("yes") * WIDTH;
    int no = vocabulary().get("no") * WIDTH;
    folder.add("score.weight", 1, WIDTH);
    float[] score = folder.tensors.get("score.weight").values();
    Arrays.setAll(new Float[WIDTH], i -> score[i] = rows[yes + i] - rows[no + i]);
    folder.replace(
        "config.json",
        "['Qwen3ForCausalLM'],",
        "['Qwen3ForSequenceClassification'], 'id2label': {'0': 'LABEL_0'},");
    return folder.weights("model.safetensors", List.copyOf(folder.tensors.keySet()));
  }

  /** Returns the id of a token. */
  public static int id(String token) {
    return vocabulary().get(token);
  }

  private static Map<String, Integer> vocabulary() {
    List<String> tokens = new ArrayList<>();
    int moved = 256;
    for (int b = 0; b < 256; b++) {
      // GPT-2's spelling of a byte.
      boolean printable = (b > 32 && b < 127) || (b > 160 && b < 256 && b != 173);
      tokens.add(Character.toString(printable ? b : moved++));
    }
    MERGES.forEach(merge -> tokens.add(String.join("", merge)));
    Map<String, Integer> ids = new LinkedHashMap<>();
    tokens.forEach(token -> ids.put(token, ids.size()));
    return ids;
  }

  private static Map<String, Object> tokenizer(Map<String, Integer> vocabulary) {
    List<Map<String, Object>> added = new ArrayList<>();
    for (String token : SPECIAL) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("id", vocabulary.size() + added.size());
      entry.put("content", token);
      List.of("single_word", "lstrip", "rstrip", "normalized").forEach(k -> entry.put(k, false));
      entry.put("special", token.startsWith("<|"));
      added.add(entry);
    }
    Map<String, Object> bytes = new LinkedHashMap<>();
    bytes.put("type", "ByteLevel");
    List.of("add_prefix_space", "trim_offsets", "use_regex").forEach(k -> bytes.put(k, false));
    Map<String, Object> tokenizer = new LinkedHashMap<>();
    tokenizer.put("version", "1.0");
    tokenizer.put("truncation", null);
    tokenizer.put("padding", null);
    tokenizer.put("added_tokens", added);
    tokenizer.put("normalizer", Map.of("type", "NFC"));
    tokenizer.put(
        "pre_tokenizer",
        Map.of(
            "type",
            "Sequence",
            "pretokenizers",
            List.of(
                Map.of(
                    "type",
                    "Split",
                    "pattern",
                    Map.of("Regex", WORDS),
                    "behavior",
                    "Isolated",
                    "invert",
                    false),
                bytes)));
    tokenizer.put("post_processor", bytes);
    tokenizer.put("decoder", bytes);
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("type", "BPE");
    model.put("dropout", null);
    model.put("unk_token", null);
    model.put("continuing_subword_prefix", "");
    model.put("end_of_word_suffix", "");
    List.of("fuse_unk", "byte_fallback", "ignore_merges").forEach(k -> model.put(k, false));
    model.put("vocab", vocabulary);
    model.put("merges", MERGES);
    tokenizer.put("model", model);
    return tokenizer;
  }

  private static void weights(TinyFolder folder, int tokens) {
    folder.add("model.embed_tokens.weight", tokens, WIDTH);
    for (int i = 0; i < LAYERS; i++) {
      String layer = "model.layers." + i + ".";
      folder.add(layer + "input_layernorm.weight", WIDTH);
      folder.add(layer + "self_attn.q_proj.weight", HEADS * HEAD_SIZE, WIDTH);
      folder.add(layer + "self_attn.k_proj.weight", KEY_HEADS * HEAD_SIZE, WIDTH);
      folder.add(layer + "self_attn.v_proj.weight", KEY_HEADS * HEAD_SIZE, WIDTH);
      folder.add(layer + "self_attn.o_proj.weight", WIDTH, HEADS * HEAD_SIZE);
      folder.add(layer + "self_attn.q_norm.weight", HEAD_SIZE);
      folder.add(layer + "self_attn.k_norm.weight", HEAD_SIZE);
      folder.add(layer + "post_attention_layernorm.weight", WIDTH);
      folder.add(layer + "mlp.gate_proj.weight", HIDDEN, WIDTH);
      folder.add(layer + "mlp.up_proj.weight", HIDDEN, WIDTH);
      folder.add(layer + "mlp.down_proj.weight", WIDTH, HIDDEN);
    }
    folder.add("model.norm.weight", WIDTH);
    // The last token has to depend on the others, as it does in a trained model.
    folder.scale("model.norm.weight", 4);
    for (int i = 0; i < LAYERS; i++) {
      String attention = "model.layers." + i + ".self_attn.";
      folder.scale(attention + "q_norm.weight", 8);
      folder.scale(attention + "k_norm.weight", 8);
      folder.scale(attention + "v_proj.weight", 8);
      folder.scale(attention + "o_proj.weight", 8);
    }
  }
}
