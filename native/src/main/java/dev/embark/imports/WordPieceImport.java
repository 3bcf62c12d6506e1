package dev.embark.imports;

import com.fasterxml.jackson.databind.JsonNode;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufWriter;
import dev.embark.imports.TokenTable.TokenType;
import dev.embark.imports.TokenizerFiles.Around;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Writes a WordPiece vocabulary. llama.cpp marks pieces that start a word instead of those that
 * continue one: {@code ##x} becomes {@code x}, other pieces get a {@code ▁} in front. Stateless.
 */
final class WordPieceImport {
  private static final String CONTINUATION = "##";
  private static final String WORD_START = "\u2581";
  private static final int LONGEST_WORD = 100; // of WordPieceText
  private static final Set<String> SPECIALS = Set.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");

  private WordPieceImport() {}

  /**
   * Normalisation of texts.
   *
   * @param lowercase whether they are lowercased
   * @param stripAccents whether accents are removed
   */
  private record Normalizer(boolean lowercase, boolean stripAccents) {}

  /** Writes the vocabulary of {@code tokenizer.json}. */
  static void put(GgufWriter gguf, TokenizerFiles files, TokenTable table, boolean lowercases)
      throws IOException {
    JsonNode model = files.model();
    if (!model.path("continuing_subword_prefix").asText(CONTINUATION).equals(CONTINUATION)
        || model.path("max_input_chars_per_word").asInt(LONGEST_WORD) != LONGEST_WORD) {
      throw TokenizerFiles.refused("model", model);
    }
    for (JsonNode step : files.steps("pre_tokenizer")) {
      if (!step.path("type").asText().equals("BertPreTokenizer")) {
        throw TokenizerFiles.refused("pre_tokenizer", step);
      }
    }
    Map<String, Integer> pieces = new LinkedHashMap<>();
    model.path("vocab").properties().forEach(e -> pieces.put(e.getKey(), e.getValue().asInt(-1)));
    setPieces(table, pieces);
    files.setAdded(table);
    Around around = files.around();
    if (around.opening().isEmpty() || around.closing().isEmpty()) {
      throw TokenizerFiles.refused("post_processor", files.tokenizer().path("post_processor"));
    }
    put(gguf, files, table, around, normalizer(files), lowercases);
  }

  private static Normalizer normalizer(TokenizerFiles files) throws ImportException {
    List<JsonNode> steps = files.steps("normalizer");
    JsonNode step = steps.isEmpty() ? files.tokenizer().path("normalizer") : steps.get(0);
    if (steps.size() != 1
        || !step.path("type").asText().equals("BertNormalizer")
        || !step.path("clean_text").asBoolean(true)
        || !step.path("handle_chinese_chars").asBoolean(true)) {
      throw TokenizerFiles.refused("normalizer", step);
    }
    boolean lowercase = step.path("lowercase").asBoolean(true);
    return new Normalizer(lowercase, step.path("strip_accents").asBoolean(lowercase));
  }

  /** Writes the vocabulary of a {@code vocab.txt}, as the slow tokenizer of BERT reads it. */
  static void put(
      GgufWriter gguf,
      List<String> lines,
      TokenizerFiles files,
      TokenTable table,
      boolean lowercases)
      throws IOException {
    JsonNode config = files.config();
    if (!config.path("tokenize_chinese_chars").asBoolean(true)) {
      throw new ImportException(
          "its tokenizer_config.json sets tokenize_chinese_chars to false, which llama.cpp cannot"
              + " reproduce; use a GGUF file of the model");
    }
    Map<String, Integer> pieces = new LinkedHashMap<>();
    for (String line : lines) {
      pieces.put(line.endsWith("\r") ? line.substring(0, line.length() - 1) : line, pieces.size());
    }
    setPieces(table, pieces);
    for (String special : SPECIALS) {
      if (pieces.containsKey(special)) {
        table.set(pieces.get(special), special, special, TokenType.CONTROL, 0);
      }
    }
    Around around = new Around(table.id("[CLS]"), table.id("[SEP]"));
    if (around.opening().isEmpty() || around.closing().isEmpty()) {
      throw new ImportException("its vocab.txt has no [CLS] or no [SEP]; it is damaged");
    }
    boolean lowercase = config.path("do_lower_case").asBoolean(true);
    Normalizer normalizer =
        new Normalizer(lowercase, config.path("strip_accents").asBoolean(lowercase));
    put(gguf, files, table, around, normalizer, lowercases);
  }

  private static void setPieces(TokenTable table, Map<String, Integer> pieces)
      throws ImportException {
    for (Map.Entry<String, Integer> piece : pieces.entrySet()) {
      String token = piece.getKey();
      String stored =
          token.startsWith(CONTINUATION)
              ? token.substring(CONTINUATION.length())
              : WORD_START + token;
      table.set(piece.getValue(), token, stored, TokenType.NORMAL, 0);
    }
  }

  private static void put(
      GgufWriter gguf,
      TokenizerFiles files,
      TokenTable table,
      Around around,
      Normalizer normalizer,
      boolean lowercases) {
    gguf.put("tokenizer.ggml.model", GgufValue.string("bert"))
        .put("tokenizer.ggml.pre", GgufValue.string("default"));
    table.put(gguf);
    files.putSpecials(gguf, table, around);
    putDefault(gguf, files, table, "unk_token", "unknown_token_id", "[UNK]");
    putDefault(gguf, files, table, "sep_token", "seperator_token_id", "[SEP]");
    putDefault(gguf, files, table, "pad_token", "padding_token_id", "[PAD]");
    putDefault(gguf, files, table, "mask_token", "mask_token_id", "[MASK]");
    gguf.put(
            "tokenizer.ggml.normalizer.lowercase",
            GgufValue.bool(normalizer.lowercase() || lowercases))
        .put("tokenizer.ggml.normalizer.strip_accents", GgufValue.bool(normalizer.stripAccents()));
  }

  /** Writes the id of BERT's own token if the folder names none: llama.cpp's defaults are ids. */
  private static void putDefault(
      GgufWriter gguf,
      TokenizerFiles files,
      TokenTable table,
      String name,
      String key,
      String token) {
    OptionalInt id = table.id(token);
    if (Config.isUnset(files.config().path(name)) && id.isPresent()) {
      gguf.put("tokenizer.ggml." + key, GgufValue.uint32(id.getAsInt()));
    }
  }
}
