package dev.embark.imports;

import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufValueType;
import dev.embark.gguf.GgufWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Tokens by id with their types and scores, as GGUF stores them. Not thread-safe. */
final class TokenTable {
  private static final float UNUSED_SCORE = -10_000;

  /** Types of tokens, with the numbers of llama.cpp. */
  enum TokenType {
    NORMAL(1),
    UNKNOWN(2),
    CONTROL(3),
    USER_DEFINED(4),
    UNUSED(5),
    BYTE(6);

    private final int id;

    TokenType(int id) {
      this.id = id;
    }
  }

  private final int size;
  private final List<String> tokens;
  private final List<Integer> types;
  private final List<Float> scores;
  private final Map<String, Integer> ids = new HashMap<>();

  /**
   * Creates a table of unused tokens.
   *
   * @param size rows of the model's token embeddings
   * @param copies of these rows; those after the first stay unused
   */
  TokenTable(int size, int copies) {
    this.size = size;
    int all = Math.multiplyExact(size, copies);
    tokens = new ArrayList<>(all);
    for (int id = 0; id < all; id++) {
      tokens.add("[PAD" + id + "]");
    }
    types = new ArrayList<>(Collections.nCopies(all, TokenType.UNUSED.id));
    scores = new ArrayList<>(Collections.nCopies(all, UNUSED_SCORE));
  }

  /** Returns the number of tokens that can be set. */
  int size() {
    return size;
  }

  /**
   * Sets a token.
   *
   * @param spelling in the tokenizer's own files
   * @param stored in GGUF
   */
  void set(int id, String spelling, String stored, TokenType type, float score)
      throws ImportException {
    if (id < 0 || id >= size) {
      throw new ImportException(
          "the tokenizer has the token id %d, but the weights have %d tokens; they are not of the same model"
              .formatted(id, size));
    }
    tokens.set(id, stored);
    types.set(id, type.id);
    scores.set(id, score);
    ids.put(spelling, id);
  }

  /** Returns the id of a token in the spelling of the tokenizer's files. */
  OptionalInt id(String spelling) {
    Integer id = ids.get(spelling);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** Writes tokens and types. */
  void put(GgufWriter gguf) {
    gguf.put("tokenizer.ggml.tokens", GgufValue.array(GgufValueType.STRING, tokens))
        .put("tokenizer.ggml.token_type", GgufValue.array(GgufValueType.INT32, types));
  }

  /** Writes the scores. */
  void putScores(GgufWriter gguf) {
    gguf.put("tokenizer.ggml.scores", GgufValue.array(GgufValueType.FLOAT32, scores));
  }
}
