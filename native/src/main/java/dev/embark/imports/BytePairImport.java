package dev.embark.imports;

import com.fasterxml.jackson.databind.JsonNode;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufValueType;
import dev.embark.gguf.GgufWriter;
import dev.embark.imports.TokenTable.TokenType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes a vocabulary of byte pairs. llama.cpp has the ways of splitting a text into words built in
 * and names them; they are recognised by the pattern in {@code tokenizer.json}. Stateless.
 */
final class BytePairImport {
  private static final String LETTERS_AND_NUMBERS =
      "[^\\r"
          + "\\n"
          + "\\p{L}\\p{N}]?\\p{L}+|\\p{N}%s| ?[^\\s\\p{L}\\p{N}]+[\\r"
          + "\\n"
          + "]*|\\s*[\\r"
          + "\\n"
          + "]+|\\s+(?!\\S)|\\s+";
  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|";

  // llama.cpp's names of the patterns; ignore_merges is part of llama-bpe and not of dbrx.
  private static final Map<String, String> PATTERNS =
      Map.of(
          CONTRACTIONS + LETTERS_AND_NUMBERS.formatted(""), "qwen2",
          CONTRACTIONS + LETTERS_AND_NUMBERS.formatted("{1,3}"), "dbrx");
  private static final String GPT2 = "gpt-2";
  private static final String DIGITS = "starcoder";
  private static final String WHOLE_WORDS = "llama-bpe";

  private BytePairImport() {}

  static void put(GgufWriter gguf, TokenizerFiles files, TokenTable table) throws IOException {
    JsonNode model = files.model();
    for (String affix : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
      if (!model.path(affix).asText("").isEmpty() && !Config.isUnset(model.path(affix))) {
        throw TokenizerFiles.refused("model", model);
      }
    }
    for (JsonNode step : files.steps("normalizer")) {
      if (!step.path("type").asText().equals("NFC")) {
        throw TokenizerFiles.refused("normalizer", step);
      }
    }
    for (Map.Entry<String, JsonNode> piece : model.path("vocab").properties()) {
      table.set(piece.getValue().asInt(-1), piece.getKey(), piece.getKey(), TokenType.NORMAL, 0);
    }
    files.setAdded(table);
    gguf.put("tokenizer.ggml.model", GgufValue.string("gpt2"))
        .put("tokenizer.ggml.pre", GgufValue.string(words(files)));
    table.put(gguf);
    gguf.put("tokenizer.ggml.merges", GgufValue.array(GgufValueType.STRING, merges(model)));
    gguf.put("embark.tokenizer.nfc", GgufValue.bool(!files.steps("normalizer").isEmpty()));
    files.putSpecials(gguf, table, files.around());
  }

  /** Returns llama.cpp's name of the way in which texts are split into words. */
  private static String words(TokenizerFiles files) throws ImportException {
    List<JsonNode> steps = files.steps("pre_tokenizer");
    JsonNode last = steps.isEmpty() ? files.tokenizer() : steps.get(steps.size() - 1);
    boolean bytes =
        last.path("type").asText().equals("ByteLevel")
            && !last.path("add_prefix_space").asBoolean(true);
    String words = "";
    if (bytes && last.path("use_regex").asBoolean(true)) {
      words = steps.size() == 1 ? GPT2 : steps.size() == 2 && isDigits(steps.get(0)) ? DIGITS : "";
    } else if (bytes
        && steps.size() == 2
        && steps.get(0).path("behavior").asText().equals("Isolated")) {
      words = PATTERNS.getOrDefault(steps.get(0).path("pattern").path("Regex").asText(), "");
    }
    if (files.model().path("ignore_merges").asBoolean(false)) {
      words = words.equals("dbrx") ? WHOLE_WORDS : "";
    }
    if (words.isEmpty()) {
      throw TokenizerFiles.refused("pre_tokenizer", steps.isEmpty() ? last : steps.get(0));
    }
    return words;
  }

  private static boolean isDigits(JsonNode step) {
    return step.path("type").asText().equals("Digits")
        && step.path("individual_digits").asBoolean();
  }

  /** Returns the merges in the older spelling, two tokens with a space between them. */
  private static List<String> merges(JsonNode model) {
    List<String> merges = new ArrayList<>();
    for (JsonNode merge : model.path("merges")) {
      merges.add(
          merge.isArray() ? merge.path(0).asText() + " " + merge.path(1).asText() : merge.asText());
    }
    return merges;
  }
}
