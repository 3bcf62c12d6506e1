package dev.embark.engine;

import dev.embark.gguf.GgufHeader;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;

/**
 * Takes accents off a text as BERT's own tokenizer does: canonical decomposition, then without the
 * non-spacing marks (Unicode category Mn).
 *
 * <p>llama.cpp 0.5.0 keeps only the first code point of a decomposition and drops spacing marks
 * too, which loses the vowels of Korean and Hindi. So the model is loaded with its own stripping
 * off, and texts come to it stripped.
 */
final class AccentStripper {
  private static final String MODEL_KEY = "tokenizer.ggml.model";
  private static final String LOWERCASE_KEY = "tokenizer.ggml.normalizer.lowercase";
  private static final String STRIP_KEY = "tokenizer.ggml.normalizer.strip_accents";

  private AccentStripper() {}

  /**
   * Whether a model's texts lose their accents: what the file says, else what it says of case, else
   * yes, as in llama.cpp.
   */
  static boolean isWanted(GgufHeader header) {
    boolean wordPiece =
        header.get(MODEL_KEY).map(value -> "bert".equals(value.value())).orElse(false);
    return wordPiece
        && header
            .get(STRIP_KEY)
            .or(() -> header.get(LOWERCASE_KEY))
            .map(value -> Boolean.TRUE.equals(value.value()))
            .orElse(true);
  }

  /** The text without accents; the same array if it is ASCII. */
  static byte[] strip(byte[] utf8) {
    if (isAscii(utf8)) {
      return utf8;
    }
    String decomposed =
        Normalizer.normalize(new String(utf8, StandardCharsets.UTF_8), Normalizer.Form.NFD);
    StringBuilder kept = new StringBuilder(decomposed.length());
    decomposed
        .codePoints()
        .filter(c -> Character.getType(c) != Character.NON_SPACING_MARK)
        .forEach(kept::appendCodePoint);
    return kept.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static boolean isAscii(byte[] utf8) {
    for (byte b : utf8) {
      if (b < 0) {
        return false;
      }
    }
    return true;
  }
}
