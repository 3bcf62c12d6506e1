package dev.embark.model.parity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.embark.engine.TinyWeights;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensor;
import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufWriter;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A GGUF file of a vocabulary alone, and the {@code tokenizer.json} from which it was made: tokens
 * and merges are those of the file, the steps before them those of the model's authors.
 */
record VocabularyFile(GgufHeader header) {
  private static final String PREFIX = "tokenizer.ggml.";
  private static final char SPACE = '\u2581';
  private static final long NORMAL = 1;
  private static final Set<Long> SPECIAL = Set.of(2L, 3L); // unknown, control
  private static final long USER_DEFINED = 4;
  private static final ObjectMapper JSON = new ObjectMapper();

  private record Merge(String left, String right, double score, int leftId, int rightId) {}

  static VocabularyFile read(Path file) throws IOException {
    return new VocabularyFile(GgufHeader.read(file));
  }

  /** Returns the metadata of the tokenizer. */
  Map<String, GgufValue> metadata() {
    Map<String, GgufValue> tokenizer = new TreeMap<>(header.metadata());
    tokenizer.keySet().removeIf(key -> !key.startsWith("tokenizer."));
    return tokenizer;
  }

  /**
   * Returns the tokenizer as Hugging Face's tokenizers read it.
   *
   * @param normalizer with single quotes; so are the others
   * @param around the text, in the post-processor
   */
  String tokenizerJson(String normalizer, String preTokenizer, String around) throws IOException {
    ObjectNode whole = JSON.createObjectNode();
    ArrayNode added = whole.putArray("added_tokens");
    List<String> tokens = tokens();
    List<Long> types = numbers("token_type");
    for (int id = 0; id < tokens.size(); id++) {
      boolean special = SPECIAL.contains(types.get(id));
      if (special || types.get(id) == USER_DEFINED) {
        added
            .addObject()
            .put("id", id)
            .put("content", tokens.get(id))
            .put("special", special)
            .put("normalized", false)
            .put("single_word", false)
            .put("lstrip", false)
            .put("rstrip", false);
      }
    }
    whole.set("normalizer", json(normalizer.replace("CHARSMAP", characterMap())));
    whole.set("pre_tokenizer", json(preTokenizer));
    whole.set("post_processor", json(around));
    whole.set("model", model(tokens, types));
    return whole.toString();
  }

  private static JsonNode json(String text) throws IOException {
    return JSON.readTree(text.replace('\'', '"'));
  }

  private JsonNode model(List<String> tokens, List<Long> types) {
    return switch (header.get(PREFIX + "model").orElseThrow().asString()) {
      case "bert" -> wordPiece(tokens, types);
      case "t5" -> unigram(tokens);
      case "llama" -> sentencePiece(tokens, types);
      default -> bytePairs(tokens);
    };
  }

  private static ObjectNode wordPiece(List<String> tokens, List<Long> types) {
    ObjectNode model =
        JSON.createObjectNode()
            .put("type", "WordPiece")
            .put("unk_token", "[UNK]")
            .put("continuing_subword_prefix", "##")
            .put("max_input_chars_per_word", 100);
    ObjectNode vocabulary = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      String token = tokens.get(id);
      boolean starts = token.charAt(0) == SPACE;
      vocabulary.put(
          types.get(id) != NORMAL ? token : starts ? token.substring(1) : "##" + token, id);
    }
    return model;
  }

  private ObjectNode unigram(List<String> tokens) {
    ObjectNode model =
        JSON.createObjectNode()
            .put("type", "Unigram")
            .put("unk_id", header.get(PREFIX + "unknown_token_id").orElseThrow().asLong());
    ArrayNode vocabulary = model.putArray("vocab");
    List<?> scores = list("scores");
    for (int id = 0; id < tokens.size(); id++) {
      vocabulary.addArray().add(tokens.get(id)).add(((Number) scores.get(id)).doubleValue());
    }
    return model;
  }

  private ObjectNode bytePairs(List<String> tokens) {
    ObjectNode model = JSON.createObjectNode().put("type", "BPE");
    model.put(
        "ignore_merges", header.get(PREFIX + "pre").orElseThrow().asString().equals("llama-bpe"));
    ObjectNode vocabulary = vocabulary(model, tokens);
    ArrayNode merges = model.putArray("merges");
    for (Object merge : list("merges")) {
      String[] pair = merge.toString().split(" ");
      if (vocabulary.has(pair[0]) && vocabulary.has(pair[1]) && vocabulary.has(pair[0] + pair[1])) {
        merges.addArray().add(pair[0]).add(pair[1]);
      }
    }
    return model;
  }

  /** SentencePiece merges the pair whose token has the highest score. */
  private ObjectNode sentencePiece(List<String> tokens, List<Long> types) {
    ObjectNode model =
        JSON.createObjectNode()
            .put("type", "BPE")
            .put("unk_token", "<unk>")
            .put("fuse_unk", true)
            .put("byte_fallback", true);
    ObjectNode vocabulary = vocabulary(model, tokens);
    List<?> scores = list("scores");
    List<Merge> merges = new ArrayList<>();
    for (int id = 0; id < tokens.size(); id++) {
      String token = tokens.get(id);
      for (int i = 1; types.get(id) == NORMAL && i < token.length(); i++) {
        JsonNode left = vocabulary.path(token.substring(0, i));
        JsonNode right = vocabulary.path(token.substring(i));
        if (left.isInt() && right.isInt()) {
          double score = ((Number) scores.get(id)).doubleValue();
          merges.add(
              new Merge(
                  token.substring(0, i), token.substring(i), score, left.asInt(), right.asInt()));
        }
      }
    }
    merges.sort(
        Comparator.comparingDouble((Merge merge) -> -merge.score())
            .thenComparingInt(Merge::leftId)
            .thenComparingInt(Merge::rightId));
    ArrayNode list = model.putArray("merges");
    merges.forEach(merge -> list.addArray().add(merge.left()).add(merge.right()));
    return model;
  }

  private static ObjectNode vocabulary(ObjectNode model, List<String> tokens) {
    ObjectNode vocabulary = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      vocabulary.put(tokens.get(id), id);
    }
    return vocabulary;
  }

  private String characterMap() {
    List<Long> values =
        header.get(PREFIX + "precompiled_charsmap").isEmpty()
            ? List.of()
            : numbers("precompiled_charsmap");
    byte[] bytes = new byte[values.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = values.get(i).byteValue();
    }
    return Base64.getEncoder().encodeToString(bytes);
  }

  /**
   * Writes a copy of a model with this vocabulary.
   *
   * @param specialAround whether special tokens are added around texts
   */
  void writeModel(Path model, boolean specialAround, Path target) throws IOException {
    TinyWeights weights = TinyWeights.read(model);
    Map<String, GgufValue> metadata = new TreeMap<>(weights.header().metadata());
    metadata
        .keySet()
        .removeIf(key -> key.startsWith("tokenizer.") || key.startsWith("embark.tokenizer."));
    metadata.putAll(metadata());
    metadata.put("tokenizer.ggml.token_type_count", GgufValue.uint32(2));
    if (!specialAround) {
      metadata.put("tokenizer.ggml.add_bos_token", GgufValue.bool(false));
      metadata.put("tokenizer.ggml.add_eos_token", GgufValue.bool(false));
    }
    GgufWriter gguf = new GgufWriter();
    metadata.forEach(gguf::put);
    for (GgufTensor tensor : weights.header().tensors()) {
      gguf.tensor(
          tensor.name(),
          GgufTensorType.F32,
          () -> FloatBuffer.wrap(weights.get(tensor.name())),
          tensor.shape().stream().mapToLong(Long::longValue).toArray());
    }
    Files.deleteIfExists(target);
    gguf.writeTo(target);
  }

  List<String> tokens() {
    return list("tokens").stream().map(Object::toString).toList();
  }

  private List<Long> numbers(String key) {
    return list(key).stream().map(Long.class::cast).toList();
  }

  private List<?> list(String key) {
    return header.get(PREFIX + key).orElseThrow().asList();
  }
}
