package dev.embark.imports;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A folder of sentence-transformers with a random BERT of a few KB, written without Python, which
 * tests change before they import it.
 */
public final class TinyFolder {
  public static final int WIDTH = 32;
  public static final int POSITIONS = 24;
  public static final int LONGEST = 20;
  public static final int LAYERS = 2;
  public static final int HIDDEN = 64;

  private static final List<String> TOKENS =
      List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "dog", "cat", "run", "##s", "the", ".");

  /** Values in row-major order. */
  record Tensor(List<Integer> shape, float[] values) {}

  final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Path root;
  private final Random random = new Random(5);

  TinyFolder(Path root) {
    this.root = root;
  }

  /** Writes the whole folder. */
  public static TinyFolder bert(Path root) throws IOException {
    TinyFolder folder = new TinyFolder(root);
    folder.addTensors();
    folder.file(
        "config.json",
        """
        {'architectures': ['BertModel'], 'model_type': 'bert', 'hidden_act': 'gelu',
         'hidden_size': %d, 'num_hidden_layers': %d, 'num_attention_heads': 2,
         'intermediate_size': %d, 'max_position_embeddings': %d, 'type_vocab_size': 2,
         'layer_norm_eps': 1e-12, 'pad_token_id': 0, 'vocab_size': %d}
        """
            .formatted(WIDTH, LAYERS, HIDDEN, POSITIONS, TOKENS.size()));
    folder.file(
        "modules.json",
        """
        [{'idx': 0, 'path': '', 'type': 'sentence_transformers.models.Transformer'},
         {'idx': 1, 'path': '1_Pooling', 'type': 'sentence_transformers.models.Pooling'},
         {'idx': 2, 'path': '2_Normalize', 'type': 'sentence_transformers.models.Normalize'}]
        """);
    folder.file("1_Pooling/config.json", "{'pooling_mode_mean_tokens': true}");
    folder.file("sentence_bert_config.json", "{'max_seq_length': %d}".formatted(LONGEST));
    folder.file(
        "config_sentence_transformers.json",
        "{'prompts': {'query': 'query: ', 'passage': 'passage: '}, 'default_prompt_name': null}");
    folder.file("README.md", "---\nlanguage: en\nlicense: mit\n---\n# Tiny");
    folder.file("tokenizer.json", tokenizer());
    folder.file("tokenizer_config.json", "{'model_max_length': 512, 'unk_token': '[UNK]'}");
    folder.weights("model.safetensors", folder.tensors.keySet().stream().toList());
    return folder;
  }

  /**
   * Writes the folder of a cross-encoder as {@code CrossEncoder.save_pretrained} did before its
   * version 6: one label, and a tokenizer that gives the second text of a pair the token type 1.
   */
  public static TinyFolder reranker(Path root) throws IOException {
    TinyFolder folder = bert(root);
    folder.linear("classifier", 1, WIDTH);
    // The first token has to depend on the others, as it does in a trained model.
    for (int i = 0; i < LAYERS; i++) {
      folder.scale("encoder.layer." + i + ".attention.self.value.weight", 10);
      folder.scale("encoder.layer." + i + ".attention.output.dense.weight", 10);
    }
    folder.scale("classifier.weight", 8);
    folder.weights("model.safetensors", folder.tensors.keySet().stream().toList());
    for (String name :
        List.of("modules.json", "1_Pooling/config.json", "config_sentence_transformers.json")) {
      folder.remove(name);
    }
    // Embark's kernels compute this approximation of the GELU, as llama.cpp does.
    folder.replace("config.json", "'hidden_act': 'gelu'", "'hidden_act': 'gelu_new'");
    folder.replace(
        "config.json",
        "['BertModel'],",
        "['BertForSequenceClassification'], 'id2label': {'0': 'LABEL_0'},");
    return folder.replace(
        "tokenizer.json",
        "'special_tokens': {",
        """
        'pair': [{'SpecialToken': {'id': '[CLS]', 'type_id': 0}},
          {'Sequence': {'id': 'A', 'type_id': 0}}, {'SpecialToken': {'id': '[SEP]', 'type_id': 0}},
          {'Sequence': {'id': 'B', 'type_id': 1}}, {'SpecialToken': {'id': '[SEP]', 'type_id': 1}}],
        'special_tokens': {""");
  }

  /**
   * Replaces the tokenizer.
   *
   * @param json {@code tokenizer.json}
   * @param tokens number of its tokens
   * @param positions longest text in tokens
   */
  public TinyFolder tokenizer(String json, int tokens, int positions) throws IOException {
    Files.writeString(path("tokenizer.json"), json);
    add("embeddings.word_embeddings.weight", tokens, WIDTH);
    add("embeddings.position_embeddings.weight", positions, WIDTH);
    file("tokenizer_config.json", "{}");
    file("sentence_bert_config.json", "{}");
    replace("config.json", "'vocab_size': " + TOKENS.size(), "'vocab_size': " + tokens);
    replace(
        "config.json",
        "'max_position_embeddings': " + POSITIONS,
        "'max_position_embeddings': " + positions);
    return weights("model.safetensors", tensors.keySet().stream().toList());
  }

  private static String tokenizer() {
    String added =
        IntStream.range(0, 5)
            .mapToObj(
                i -> "{'id': %d, 'content': '%s', 'special': true}".formatted(i, TOKENS.get(i)))
            .collect(Collectors.joining(", "));
    String vocab =
        IntStream.range(0, TOKENS.size())
            .mapToObj(i -> "'%s': %d".formatted(TOKENS.get(i), i))
            .collect(Collectors.joining(", "));
    return """
    {'added_tokens': [%s],
     'normalizer': {'type': 'BertNormalizer', 'clean_text': true,
       'handle_chinese_chars': true, 'strip_accents': null, 'lowercase': true},
     'pre_tokenizer': {'type': 'BertPreTokenizer'},
     'post_processor': {'type': 'TemplateProcessing',
       'single': [{'SpecialToken': {'id': '[CLS]', 'type_id': 0}},
         {'Sequence': {'id': 'A', 'type_id': 0}}, {'SpecialToken': {'id': '[SEP]', 'type_id': 0}}],
       'special_tokens': {'[CLS]': {'id': '[CLS]', 'ids': [2]}, '[SEP]': {'id': '[SEP]', 'ids': [3]}}},
     'model': {'type': 'WordPiece', 'unk_token': '[UNK]', 'continuing_subword_prefix': '##',
       'max_input_chars_per_word': 100, 'vocab': {%s}}}
    """
        .formatted(added, vocab);
  }

  private void addTensors() {
    add("embeddings.word_embeddings.weight", TOKENS.size(), WIDTH);
    add("embeddings.position_embeddings.weight", POSITIONS, WIDTH);
    add("embeddings.token_type_embeddings.weight", 2, WIDTH);
    norm("embeddings.LayerNorm");
    for (int i = 0; i < LAYERS; i++) {
      String layer = "encoder.layer." + i + ".";
      linear(layer + "attention.self.query", WIDTH, WIDTH);
      linear(layer + "attention.self.key", WIDTH, WIDTH);
      linear(layer + "attention.self.value", WIDTH, WIDTH);
      linear(layer + "attention.output.dense", WIDTH, WIDTH);
      norm(layer + "attention.output.LayerNorm");
      linear(layer + "intermediate.dense", HIDDEN, WIDTH);
      linear(layer + "output.dense", WIDTH, HIDDEN);
      norm(layer + "output.LayerNorm");
    }
    linear("pooler.dense", WIDTH, WIDTH);
  }

  private void linear(String name, int out, int in) {
    add(name + ".weight", out, in);
    add(name + ".bias", out);
  }

  private void norm(String name) {
    add(name + ".weight", WIDTH);
    add(name + ".bias", WIDTH);
  }

  /** Adds a random tensor. */
  void add(String name, Integer... shape) {
    int n = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextGaussian() * 0.3f;
    }
    tensors.put(name, new Tensor(List.of(shape), values));
  }

  /** Multiplies a tensor. */
  void scale(String name, float factor) {
    float[] values = tensors.get(name).values();
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
  }

  /** Writes a file; single quotes become double ones in JSON. */
  public TinyFolder file(String name, String content) throws IOException {
    Files.createDirectories(path(name).getParent());
    Files.writeString(path(name), name.endsWith(".json") ? content.replace('\'', '"') : content);
    return this;
  }

  /** Replaces a text of a file, which has to be there. */
  public TinyFolder replace(String name, String old, String by) throws IOException {
    String content = Files.readString(path(name));
    String from = old.replace('\'', '"');
    if (!content.contains(from)) {
      throw new IllegalArgumentException(name + " has no " + from);
    }
    Files.writeString(path(name), content.replace(from, by.replace('\'', '"')));
    return this;
  }

  TinyFolder remove(String name) throws IOException {
    Files.delete(path(name));
    return this;
  }

  Path path(String name) {
    return root.resolve(name);
  }

  public Path root() {
    return root;
  }

  /** Writes some tensors as a safetensors file in F32. */
  TinyFolder weights(String file, List<String> names) throws IOException {
    List<String> entries = new ArrayList<>();
    int bytes = 0;
    for (String name : names) {
      int size = tensors.get(name).values().length * Float.BYTES;
      entries.add(
          "\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(name, tensors.get(name).shape(), bytes, bytes + size));
      bytes += size;
    }
    ByteBuffer data = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (String name : names) {
      for (float value : tensors.get(name).values()) {
        data.putFloat(value);
      }
    }
    return safetensors(
        file,
        "{\"__metadata__\":{\"format\":\"pt\"}," + String.join(",", entries) + "}",
        data.array());
  }

  /** Writes a safetensors file with any header. */
  TinyFolder safetensors(String file, String header, byte[] data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer whole =
        ByteBuffer.allocate(Long.BYTES + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    whole.putLong(json.length).put(json).put(data);
    Files.write(path(file), whole.array());
    return this;
  }
}
