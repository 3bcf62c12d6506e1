package dev.embark.engine.text;

import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufValue;
import dev.embark.llama.LlamaModel;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Rewrites texts so that llama.cpp's WordPiece produces the tokens that BERT's own tokenizer
 * produces for the originals.
 *
 * <p>Differences of llama.cpp 0.5.0: it keeps only the first code point of a decomposition and
 * drops spacing marks with the accents, which loses the vowels of Korean and Hindi, so models are
 * loaded with its stripping disabled. It treats vertical tabs, form feeds and U+0085 as blanks. It
 * tokenises words of any length, where BERT's tokenizer replaces a word of more than 100 characters
 * by one unknown token. It treats a ▁ in a text as the start of a word, and it follows a later
 * Unicode ({@link WordPieceCharacter}). Immutable and thread-safe.
 */
public final class WordPieceText implements TextNormalizer {
  private static final String MODEL_KEY = "tokenizer.ggml.model";
  private static final String UNKNOWN_KEY = "tokenizer.ggml.unknown_token_id";
  private static final String LOWERCASE_KEY = "tokenizer.ggml.normalizer.lowercase";
  private static final String STRIP_KEY = "tokenizer.ggml.normalizer.strip_accents";

  private static final String BERT = "bert";
  private static final int UNKNOWN_UNSET = 100; // default of llama.cpp

  private static final byte VERTICAL_TAB = 0x0B;
  private static final int LONGEST_WORD = 100; // in characters: max_input_chars_per_word

  // Candidates for the unknown word: every WordPiece vocabulary lacks at least one of these
  // letters.
  private static final String[] RARE = {
    String.valueOf(WordPieceCharacter.START), "\uA6A0", "\uA840", "\uABC0"
  };

  private final boolean stripsAccents;
  private final boolean lowercases;
  private final String unknown; // a word without tokens

  /**
   * Creates a rewriter.
   *
   * @param stripsAccents see {@link #stripsAccents(GgufHeader)}
   * @param lowercases whether llama.cpp converts the text to lower case
   * @param isUnknown whether a word has no tokens in the vocabulary
   */
  WordPieceText(boolean stripsAccents, boolean lowercases, Predicate<String> isUnknown) {
    this.stripsAccents = stripsAccents;
    this.lowercases = lowercases;
    String found = RARE[0];
    for (int i = RARE.length - 1; i >= 0; i--) {
      found = isUnknown.test(RARE[i]) ? RARE[i] : found;
    }
    this.unknown = found;
  }

  /**
   * Returns whether a model's tokenizer strips accents: as the file states, otherwise as it states
   * for lower case, otherwise true, the default of llama.cpp.
   */
  public static boolean stripsAccents(GgufHeader header) {
    boolean wordPiece =
        header.get(MODEL_KEY).map(GgufValue::value).filter(BERT::equals).isPresent();
    return wordPiece
        && header
            .get(STRIP_KEY)
            .or(() -> header.get(LOWERCASE_KEY))
            .map(value -> Boolean.TRUE.equals(value.value()))
            .orElse(true);
  }

  /** Returns a rewriter for the texts of a model with a WordPiece vocabulary. */
  static WordPieceText of(LlamaModel model, Function<byte[], int[]> plain) {
    int unknown = model.metadata(UNKNOWN_KEY).map(Integer::valueOf).orElse(UNKNOWN_UNSET);
    return new WordPieceText(
        model.stripsAccents(),
        model.metadata(LOWERCASE_KEY).map(Boolean::valueOf).orElse(true),
        word ->
            Arrays.equals(plain.apply(word.getBytes(StandardCharsets.UTF_8)), new int[] {unknown}));
  }

  @Override
  public boolean isPlain(byte[] utf8, int length) {
    for (int i = 0; i < length; i++) {
      byte b = utf8[i];
      if (b < 0 || b == VERTICAL_TAB || b == '\f') {
        return false;
      }
    }
    // Every longer word covers one of these positions.
    for (int i = LONGEST_WORD; i < length; i += LONGEST_WORD + 1) {
      if (wordAround(utf8, length, i) > LONGEST_WORD) {
        return false;
      }
    }
    return true;
  }

  /** Returns the length in bytes of the ASCII word that contains a position or ends there. */
  private static int wordAround(byte[] ascii, int length, int at) {
    int start = at;
    while (start > 0 && isInWord(ascii[start - 1])) {
      start--;
    }
    int end = at;
    while (end < length && isInWord(ascii[end])) {
      end++;
    }
    return end - start;
  }

  private static boolean isInWord(byte ascii) {
    WordPieceCharacter character = WordPieceCharacter.of(ascii);
    return character == WordPieceCharacter.LETTER || character == WordPieceCharacter.DROPPED;
  }

  /** Rewrites {@code utf8[0 … length)}; malformed bytes are dropped. */
  @Override
  public byte[] rewrite(byte[] utf8, int length) {
    String text = new String(utf8, 0, length, StandardCharsets.UTF_8);
    if (stripsAccents) {
      text = Normalizer.normalize(text, Normalizer.Form.NFD);
    }
    Words words = new Words(text.length());
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      words.add(c);
    }
    words.end();
    return words.out.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Builds the rewritten text word by word. */
  private final class Words {
    final StringBuilder out;
    private int start; // of the last word, index into out
    private int characters; // of the last word
    private boolean isKnown = true; // whether a vocabulary may contain the last word

    Words(int capacity) {
      this.out = new StringBuilder(capacity + unknown.length());
    }

    void add(int c) {
      switch (WordPieceCharacter.of(c)) {
        case LETTER -> letter(c);
        case NEWER -> {
          isKnown = false;
          letter(c);
        }
        case WORD_START -> {
          isKnown &= characters == 0;
          letter(c);
        }
        case ACCENT -> {
          if (!stripsAccents) {
            letter(c);
          }
        }
        case BLANK -> {
          end();
          out.append(' ');
          begin();
        }
        case ALONE -> {
          end();
          out.appendCodePoint(c);
          begin();
        }
        case ALONE_UNSEEN -> {
          end();
          out.append(' ').appendCodePoint(c).append(' ');
          begin();
        }
        case DROPPED -> {}
      }
    }

    private void letter(int c) {
      characters++;
      if (c == 'İ' && lowercases) {
        characters++;
        out.append("i\u0307"); // llama.cpp would produce a plain i
      } else {
        out.appendCodePoint(c);
      }
    }

    private void begin() {
      start = out.length();
      characters = 0;
      isKnown = true;
    }

    void end() {
      if (characters > LONGEST_WORD || !isKnown) {
        out.setLength(start);
        out.append(unknown);
      }
    }
  }
}
