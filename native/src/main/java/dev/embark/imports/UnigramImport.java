package dev.embark.imports;

import com.fasterxml.jackson.databind.JsonNode;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufValueType;
import dev.embark.gguf.GgufWriter;
import dev.embark.imports.TokenTable.TokenType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Writes a unigram vocabulary of SentencePiece, as XLM-RoBERTa has one: tokens with scores, and the
 * map of characters by which texts are normalised. Stateless.
 */
final class UnigramImport {
  private static final String SPACE = "\u2581";
  private static final String SPLIT = "split";
  private static final String TRIM = "trim";

  private UnigramImport() {}

  static void put(GgufWriter gguf, TokenizerFiles files, TokenTable table) throws IOException {
    JsonNode model = files.model();
    if (model.path("byte_fallback").asBoolean(false)) {
      throw TokenizerFiles.refused("model", model);
    }
    int id = 0;
    for (JsonNode piece : model.path("vocab")) {
      String token = piece.path(0).asText();
      table.set(id++, token, token, TokenType.NORMAL, (float) piece.path(1).asDouble());
    }
    files.setAdded(table);
    JsonNode unknown = model.path("vocab").path(model.path("unk_id").asInt(-1)).path(0);
    if (unknown.isMissingNode()) {
      throw TokenizerFiles.refused("model", model);
    }
    int unknownId = model.path("unk_id").asInt();
    table.set(unknownId, unknown.asText(), unknown.asText(), TokenType.UNKNOWN, 0);

    boolean merges = false;
    Optional<JsonNode> strip = Optional.empty();
    Optional<byte[]> charsmap = Optional.empty();
    for (JsonNode step : files.steps("normalizer")) {
      switch (step.path("type").asText()) {
        case "Precompiled" -> charsmap = Optional.of(charsmap(step));
        case "Replace" -> merges |= isRunOfSpaces(step);
        case "Strip" -> strip = Optional.of(step);
        default -> throw TokenizerFiles.refused("normalizer", step);
      }
    }
    String spaces = spaces(files, merges, strip);
    gguf.put("tokenizer.ggml.model", GgufValue.string("t5"))
        .put("tokenizer.ggml.pre", GgufValue.string("default"));
    table.put(gguf);
    table.putScores(gguf);
    gguf.put("tokenizer.ggml.add_space_prefix", GgufValue.bool(true))
        .put(
            "tokenizer.ggml.remove_extra_whitespaces",
            GgufValue.bool(spaces.equals(SPLIT) || spaces.equals(TRIM)))
        .put("embark.tokenizer.spaces", GgufValue.string(spaces));
    charsmap.ifPresent(map -> gguf.put("tokenizer.ggml.precompiled_charsmap", bytes(map)));
    files.putSpecials(gguf, table, files.around());
    if (Config.isUnset(files.config().path("unk_token"))) {
      gguf.put("tokenizer.ggml.unknown_token_id", GgufValue.uint32(unknownId));
    }
  }

  /** Returns what becomes of white space, as UnigramText reads it. */
  private static String spaces(TokenizerFiles files, boolean merges, Optional<JsonNode> strip)
      throws ImportException {
    if (splitsAtSpaces(files)) {
      return SPLIT;
    }
    if (strip.isEmpty()) {
      return merges ? "merge" : "keep";
    }
    if (!merges || !strip.get().path("strip_right").asBoolean()) {
      throw TokenizerFiles.refused("normalizer", strip.get());
    }
    return TRIM;
  }

  /** Returns whether texts are split at white space; checks that words start with a ▁. */
  private static boolean splitsAtSpaces(TokenizerFiles files) throws ImportException {
    boolean splits = false;
    boolean marks = false;
    for (JsonNode step : files.steps("pre_tokenizer")) {
      switch (step.path("type").asText()) {
        case "WhitespaceSplit" -> splits = true;
        case "Metaspace" -> {
          marks =
              step.path("replacement").asText(SPACE).equals(SPACE)
                  && !step.path("prepend_scheme").asText("always").equals("never")
                  && step.path("add_prefix_space").asBoolean(true);
          if (!marks) {
            throw TokenizerFiles.refused("pre_tokenizer", step);
          }
        }
        default -> throw TokenizerFiles.refused("pre_tokenizer", step);
      }
    }
    if (!marks) {
      throw TokenizerFiles.refused("pre_tokenizer", files.tokenizer().path("pre_tokenizer"));
    }
    return splits;
  }

  private static boolean isRunOfSpaces(JsonNode step) throws ImportException {
    if (!step.path("pattern").path("Regex").asText().equals(" {2,}")) {
      throw TokenizerFiles.refused("normalizer", step);
    }
    return true;
  }

  private static byte[] charsmap(JsonNode step) throws ImportException {
    try {
      return Base64.getDecoder().decode(step.path("precompiled_charsmap").asText());
    } catch (IllegalArgumentException e) {
      throw new ImportException(
          "its tokenizer.json has a damaged precompiled_charsmap; download it again", e);
    }
  }

  private static GgufValue bytes(byte[] map) {
    List<Integer> values = new ArrayList<>(map.length);
    for (byte b : map) {
      values.add(Byte.toUnsignedInt(b));
    }
    return GgufValue.array(GgufValueType.UINT8, values);
  }
}
