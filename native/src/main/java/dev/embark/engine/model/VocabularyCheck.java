package dev.embark.engine.model;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufValue;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Rejects vocabularies on which llama.cpp would abort the process: duplicate tokens, tokens of an
 * impossible type, and missing special tokens that surround every text. Used for one check.
 */
final class VocabularyCheck {
  private static final String PREFIX = "tokenizer.ggml.";
  private static final Long BYTE = 6L; // LLAMA_TOKEN_TYPE_BYTE

  private final Path path;
  private final GgufHeader header;

  VocabularyCheck(Path path, GgufHeader header) {
    this.path = path;
    this.header = header;
  }

  /**
   * Checks the vocabulary.
   *
   * @throws EmbarkException of kind MODEL
   */
  void check() {
    String model =
        header
            .get(PREFIX + "model")
            .map(GgufValue::value)
            .map(Object::toString)
            .orElseThrow(() -> refuse("has no " + PREFIX + "model"));
    List<?> tokens =
        header
            .get(PREFIX + "tokens")
            .map(GgufValue::value)
            .map(value -> value instanceof List<?> list ? list : List.of())
            .orElseThrow(() -> refuse("has no " + PREFIX + "tokens"));
    if (tokens.isEmpty()) {
      throw refuse("has no token in " + PREFIX + "tokens");
    }
    eachOnce(tokens);
    // llama.cpp's defaults for a missing or invalid key: the ids of the best-known models.
    int size = tokens.size();
    switch (model) {
      case "bert" -> {
        noBytes();
        token("CLS", "bos_token_id", 101, size);
        token("SEP", "seperator_token_id", 102, size);
        token("UNK", "unknown_token_id", 100, size);
      }
      case "llama" -> {
        around("add_bos_token", true, "bos_token_id", 1, size);
        around("add_eos_token", false, "eos_token_id", 2, size);
      }
      case "t5" -> {
        around("add_bos_token", false, "bos_token_id", -1, size);
        around("add_eos_token", true, "eos_token_id", 1, size);
      }
      case "gpt2" -> {
        // Only llama.cpp knows which pre-tokenisers add a special token by default.
        around("add_bos_token", true, "bos_token_id", 11, size);
        around("add_eos_token", true, "eos_token_id", 11, size);
      }
      default -> {
        // llama.cpp rejects unknown vocabularies itself.
      }
    }
  }

  /**
   * Rejects byte tokens: llama.cpp renders every token while loading, and aborts on a byte token of
   * WordPiece.
   */
  private void noBytes() {
    int id =
        header
            .get(PREFIX + "token_type")
            .map(GgufValue::value)
            .map(value -> value instanceof List<?> types ? types.indexOf(BYTE) : -1)
            .orElse(-1);
    if (id >= 0) {
      throw refuse("calls the token " + id + " of its vocabulary a byte, which WordPiece has not");
    }
  }

  private void eachOnce(List<?> tokens) {
    Set<String> seen = new HashSet<>();
    for (int id = 0; id < tokens.size(); id++) {
      String token = tokens.get(id).toString();
      // llama.cpp reads a token up to its first NUL and names an empty one after its id.
      int end = token.indexOf('\0');
      String read = end < 0 ? token : token.substring(0, end);
      if (!seen.add(read.isEmpty() ? "[EMPTY_" + id + "]" : read)) {
        throw refuse("has the token " + id + " of its vocabulary twice");
      }
    }
  }

  private void around(String flag, boolean unset, String key, long otherwise, int size) {
    boolean added =
        header
            .get(PREFIX + flag)
            .map(GgufValue::value)
            .map(value -> value instanceof Boolean set ? set : unset)
            .orElse(unset);
    if (added) {
      token(key.substring(0, 3).toUpperCase(Locale.ROOT), key, otherwise, size);
    }
  }

  private void token(String name, String key, long otherwise, int size) {
    long id =
        header
            .get(PREFIX + key)
            .map(GgufValue::value)
            .map(value -> value instanceof Long given ? given : otherwise)
            .orElse(otherwise);
    if (id < 0 || id >= size) {
      throw refuse(
          "has no "
              + name
              + " token for its texts: "
              + PREFIX
              + key
              + " is "
              + (header.get(PREFIX + key).isPresent() ? id : "unset")
              + " and its vocabulary has "
              + size
              + " tokens");
    }
  }

  private EmbarkException refuse(String what) {
    return ModelCheck.refuse(path, what);
  }
}
