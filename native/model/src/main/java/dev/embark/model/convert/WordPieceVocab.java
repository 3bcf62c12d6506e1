package dev.embark.model.convert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The WordPiece vocabulary of a {@code tokenizer.json}. Immutable.
 *
 * @param tokens by id, in llama.cpp's notation: {@code "##x"} becomes {@code "x"}, a piece that
 *     starts a word begins with {@code "▁"}, added tokens are unchanged
 * @param types by id
 * @param ids ids of the special tokens
 * @param lowercase whether texts are lowercased
 * @param stripAccents whether accents are stripped; if empty, they are where texts are lowercased
 */
record WordPieceVocab(
    List<String> tokens,
    List<TokenType> types,
    Map<Special, Integer> ids,
    boolean lowercase,
    Optional<Boolean> stripAccents) {

  private static final String CONTINUATION = "##";
  private static final String WORD_START = "\u2581";

  /** Token types, with their GGUF numbers. */
  enum TokenType {
    NORMAL(1),
    CONTROL(3),
    USER_DEFINED(4);

    private final int id;

    TokenType(int id) {
      this.id = id;
    }

    int id() {
      return id;
    }
  }

  /** The special tokens of BERT. */
  enum Special {
    UNKNOWN("[UNK]"),
    SEPARATOR("[SEP]"),
    PADDING("[PAD]"),
    CLASSIFICATION("[CLS]"),
    MASK("[MASK]");

    private final String token;

    Special(String token) {
      this.token = token;
    }
  }

  /**
   * Reads a {@code tokenizer.json}.
   *
   * @throws ConversionException when it is not JSON, or describes a tokenizer that llama.cpp's
   *     WordPiece cannot reproduce
   * @throws IOException when it cannot be read
   */
  static WordPieceVocab read(Path file) throws IOException {
    JsonNode root;
    try {
      root = new ObjectMapper().readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new ConversionException(
          String.format(
              "%s is not a whole JSON file (line %d): download it again",
              file, e.getLocation() == null ? 1 : e.getLocation().getLineNr()),
          e);
    }
    JsonNode model = root.path("model");
    JsonNode normalizer = root.path("normalizer");
    require(file, "model.type", model.path("type"), "WordPiece");
    require(file, "model.continuing_subword_prefix", model.path("continuing_subword_prefix"), "##");
    require(file, "model.unk_token", model.path("unk_token"), Special.UNKNOWN.token);
    require(file, "normalizer.type", normalizer.path("type"), "BertNormalizer");
    require(file, "normalizer.clean_text", normalizer.path("clean_text"), "true");
    require(
        file, "normalizer.handle_chinese_chars", normalizer.path("handle_chinese_chars"), "true");

    Map<Integer, String> byId = pieces(file, model.path("vocab"));
    Map<Integer, TokenType> added = new HashMap<>();
    for (JsonNode token : root.path("added_tokens")) {
      int id = token.path("id").asInt(-1);
      byId.put(id, token.path("content").asText());
      added.put(id, token.path("special").asBoolean() ? TokenType.CONTROL : TokenType.USER_DEFINED);
    }
    List<String> tokens = new ArrayList<>();
    List<TokenType> types = new ArrayList<>();
    for (int id = 0; id < byId.size(); id++) {
      String token = byId.get(id);
      if (token == null) {
        throw new ConversionException(
            file + " has " + byId.size() + " tokens but none with the id " + id);
      }
      tokens.add(added.containsKey(id) ? token : ggufPiece(token));
      types.add(added.getOrDefault(id, TokenType.NORMAL));
    }
    JsonNode accents = normalizer.path("strip_accents");
    return new WordPieceVocab(
        Collections.unmodifiableList(tokens),
        Collections.unmodifiableList(types),
        specialIds(file, tokens, types),
        normalizer.path("lowercase").asBoolean(true),
        accents.isBoolean() ? Optional.of(accents.asBoolean()) : Optional.empty());
  }

  private static Map<Integer, String> pieces(Path file, JsonNode vocab) throws IOException {
    Map<Integer, String> byId = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
      if (!entry.getValue().isInt() || byId.put(entry.getValue().asInt(), entry.getKey()) != null) {
        throw new ConversionException(
            file + " gives the token '" + entry.getKey() + "' no id of its own");
      }
    }
    if (byId.isEmpty()) {
      throw new ConversionException(file + " has an empty model.vocab");
    }
    return byId;
  }

  private static String ggufPiece(String token) {
    return token.startsWith(CONTINUATION)
        ? token.substring(CONTINUATION.length())
        : WORD_START + token;
  }

  private static Map<Special, Integer> specialIds(
      Path file, List<String> tokens, List<TokenType> types) throws IOException {
    Map<Special, Integer> ids = new HashMap<>();
    for (Special special : Special.values()) {
      int id = tokens.indexOf(special.token);
      if (id < 0 || types.get(id) != TokenType.CONTROL) {
        throw new ConversionException(file + " has no special token " + special.token);
      }
      ids.put(special, id);
    }
    return Map.copyOf(ids);
  }

  private static void require(Path file, String field, JsonNode actual, String expected)
      throws IOException {
    if (!actual.asText().equals(expected)) {
      throw new ConversionException(
          String.format(
              "%s has %s '%s' but only '%s' can be converted",
              file, field, actual.asText(), expected));
    }
  }
}
