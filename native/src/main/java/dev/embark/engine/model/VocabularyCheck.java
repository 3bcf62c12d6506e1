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
 * Refuses a vocabulary on which llama.cpp would end the process: a token that is there twice or is
 * of an impossible kind, or a special token that is put around every text and does not exist.
 * Stateless beyond one call.
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
    // Where a key is absent or points nowhere, llama.cpp takes the ids of the best-known models.
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
        // Which pre-tokenisers add one unasked is llama.cpp's knowledge.
        around("add_bos_token", true, "bos_token_id", 11, size);
        around("add_eos_token", true, "eos_token_id", 11, size);
      }
      default -> {
        // Left to llama.cpp, which refuses what it does not know.
      }
    }
  }

  /** llama.cpp spells every token out as it loads, and cannot for a byte of WordPiece. */
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
      // llama.cpp reads tokens up to a NUL and gives empty ones a name by their id.
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
