package dev.embark.imports;

import com.fasterxml.jackson.databind.JsonNode;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufWriter;
import dev.embark.imports.TokenTable.TokenType;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Writes a vocabulary of SentencePiece's byte pairs, as Gemma has one. llama.cpp merges the pair
 * whose token has the highest score, and {@code tokenizer.json} lists merges by rank. Both are the
 * same if every pair of tokens that makes a token is a merge, and if the merges of one token follow
 * each other; a vocabulary without this property is refused. Added tokens are exempt, because they
 * are found before any merge. Stateless.
 */
final class SentencePieceImport {
  private static final String SPACE = "\u2581";
  private static final Pattern BYTE = Pattern.compile("<0x[0-9A-F]{2}>");

  private SentencePieceImport() {}

  /** Returns whether a vocabulary of byte pairs is one of SentencePiece. */
  static boolean is(TokenizerFiles files) {
    return files.model().path("byte_fallback").asBoolean(false);
  }

  static void put(GgufWriter gguf, TokenizerFiles files, TokenTable table) throws IOException {
    JsonNode model = files.model();
    for (JsonNode step : files.steps("normalizer")) {
      boolean marks =
          step.path("type").asText().equals("Replace")
              && step.path("pattern").path("String").asText().equals(" ")
              && step.path("content").asText().equals(SPACE);
      if (!marks) {
        throw TokenizerFiles.refused("normalizer", step);
      }
    }
    for (JsonNode step : files.steps("pre_tokenizer")) {
      // No space is left to split at.
      if (!step.path("pattern").path("String").asText().equals(" ")) {
        throw TokenizerFiles.refused("pre_tokenizer", step);
      }
    }
    if (files.steps("normalizer").isEmpty()) {
      throw TokenizerFiles.refused("normalizer", files.tokenizer().path("normalizer"));
    }
    Set<String> added = new HashSet<>();
    files.tokenizer().path("added_tokens").forEach(t -> added.add(t.path("content").asText()));
    Map<String, Integer> ranks = ranks(model, added);
    for (Map.Entry<String, JsonNode> piece : model.path("vocab").properties()) {
      String token = piece.getKey();
      TokenType type = BYTE.matcher(token).matches() ? TokenType.BYTE : TokenType.NORMAL;
      int rank = ranks.getOrDefault(token, ranks.size());
      int id = piece.getValue().asInt(-1);
      if (id < table.size()) {
        table.set(id, token, token, type, -rank);
      }
    }
    // An added token of marked spaces never occurs in a text, only in its normalised form.
    files.setAdded(table, token -> !token.contains(SPACE));
    String unknown = model.path("unk_token").asText("");
    if (table.id(unknown).isEmpty()) {
      throw TokenizerFiles.refused("model", model);
    }
    table.set(table.id(unknown).getAsInt(), unknown, unknown, TokenType.UNKNOWN, 0);
    gguf.put("tokenizer.ggml.model", GgufValue.string("llama"))
        .put("tokenizer.ggml.pre", GgufValue.string("default"));
    table.put(gguf);
    table.putScores(gguf);
    gguf.put("tokenizer.ggml.add_space_prefix", GgufValue.bool(false));
    files.putSpecials(gguf, table, files.around());
  }

  /** Returns the rank of each token that a merge makes. */
  private static Map<String, Integer> ranks(JsonNode model, Set<String> added)
      throws ImportException {
    Map<String, Integer> ranks = new HashMap<>();
    Set<String> merges = new HashSet<>();
    String last = "";
    for (JsonNode merge : model.path("merges")) {
      String text = merge.asText();
      int space = text.indexOf(' ', 1);
      String left =
          merge.isArray() ? merge.path(0).asText() : text.substring(0, Math.max(0, space));
      String right = merge.isArray() ? merge.path(1).asText() : text.substring(space + 1);
      String token = left + right;
      if (!token.equals(last)
          && ranks.putIfAbsent(token, ranks.size()) != null
          && !added.contains(token)) {
        throw TokenizerFiles.refused("model", model);
      }
      last = token;
      merges.add(left + ' ' + right);
    }
    JsonNode vocabulary = model.path("vocab");
    for (String token : ranks.keySet()) {
      if (added.contains(token)) {
        continue;
      }
      for (int i = token.offsetByCodePoints(0, 1); i < token.length(); ) {
        String left = token.substring(0, i);
        String right = token.substring(i);
        if (vocabulary.has(left) && vocabulary.has(right) && !merges.contains(left + ' ' + right)) {
          throw TokenizerFiles.refused("model", model);
        }
        i = token.offsetByCodePoints(i, 1);
      }
    }
    return ranks;
  }
}
