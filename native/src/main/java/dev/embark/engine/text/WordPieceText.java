package dev.embark.engine.text;

import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufValue;
import dev.embark.llama.LlamaModel;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * Rewrites texts so that llama.cpp's WordPiece makes of them the tokens that BERT's own tokenizer
 * makes of the originals.
 *
 * <p>What llama.cpp 0.5.0 does otherwise: it keeps only the first code point of a decomposition and
 * drops spacing marks with the accents, which loses the vowels of Korean and Hindi, so models are
 * loaded with its own stripping off. It takes vertical tabs, form feeds and U+0085 for blanks, has
 * words of any length, where BERT's tokenizer makes one unknown token of more than 100 characters,
 * takes a ▁ in a text for the start of a word, and goes by a later Unicode ({@link
 * WordPieceCharacter}). Immutable, for any thread.
 */
public final class WordPieceText {
  private static final String MODEL_KEY = "tokenizer.ggml.model";
  private static final String UNKNOWN_KEY = "tokenizer.ggml.unknown_token_id";
  private static final String LOWERCASE_KEY = "tokenizer.ggml.normalizer.lowercase";
  private static final String STRIP_KEY = "tokenizer.ggml.normalizer.strip_accents";

  private static final String BERT = "bert";
  private static final int UNKNOWN_UNSET = 100; // as llama.cpp has it

  private static final byte VERTICAL_TAB = 0x0B;
  private static final int LONGEST_WORD = 100; // characters: max_input_chars_per_word

  // Letters of which one at least is in no vocabulary of WordPiece.
  private static final String[] RARE = {
    String.valueOf(WordPieceCharacter.START), "\uA6A0", "\uA840", "\uABC0"
  };

  private final boolean stripsAccents;
  private final boolean lowercases;
  private final String unknown; // a word without tokens

  /**
   * @param stripsAccents as {@link #stripsAccents(GgufHeader)}
   * @param lowercases whether llama.cpp puts the text into lower case
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
   * Whether a model's texts lose their accents: what the file says, else what it says of case, else
   * yes, as in llama.cpp.
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

  /** For the texts of a model; null where its vocabulary is not WordPiece. */
  static WordPieceText of(LlamaModel model, Vocabulary vocabulary) {
    if (!model.metadata(MODEL_KEY).filter(BERT::equals).isPresent()) {
      return null;
    }
    int unknown = model.metadata(UNKNOWN_KEY).map(Integer::valueOf).orElse(UNKNOWN_UNSET);
    return new WordPieceText(
        model.stripsAccents(),
        model.metadata(LOWERCASE_KEY).map(Boolean::valueOf).orElse(true),
        word ->
            Arrays.equals(
                vocabulary.plain(word.getBytes(StandardCharsets.UTF_8)), new int[] {unknown}));
  }

  /** Whether {@code utf8[0 … length)} needs no rewriting, as far as a quick look says. */
  boolean isPlain(byte[] utf8, int length) {
    for (int i = 0; i < length; i++) {
      byte b = utf8[i];
      if (b < 0 || b == VERTICAL_TAB || b == '\f') {
        return false;
      }
    }
    // A longer word covers one of these places.
    for (int i = LONGEST_WORD; i < length; i += LONGEST_WORD + 1) {
      if (wordAround(utf8, length, i) > LONGEST_WORD) {
        return false;
      }
    }
    return true;
  }

  /** Bytes of the ASCII word that is at a place or ends there. */
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

  /** Rewrites {@code utf8[0 … length)}; what is malformed in it is left out. */
  byte[] rewrite(byte[] utf8, int length) {
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

  /** The words of one text. */
  private final class Words {
    final StringBuilder out;
    private int start; // of the last word, in out
    private int characters; // of the last word
    private boolean isKnown = true; // whether the last word may be in a vocabulary

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
        out.append("i\u0307"); // llama.cpp makes an i of it
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
