package dev.embark.engine.text;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.llama.LlamaModel;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Finds positions at which a text can be split so that a SentencePiece vocabulary (GGUF type {@code
 * llama}) yields the same tokens for the parts as for the whole.
 *
 * <p>For each character without a token of its own, llama.cpp 0.5.0 grows its result by one element
 * and copies all ids so far, so its time is quadratic in the length of the text. Parts of bounded
 * size make it linear.
 *
 * <p>Correctness: the tokenizer merges neighbours whose joint text is a token. If no token contains
 * {@code x} directly followed by {@code y}, no merge ever crosses that position, and the merges on
 * either side are independent. User-defined tokens are matched first and may add a space after them
 * or absorb adjacent white space. No cut is therefore made next to one, nor after white space if
 * any of them absorbs it. A vocabulary that adds a space before a text also adds it before each
 * part: either the part drops the space it starts with, or the tokens of the added space are
 * removed from its result.
 *
 * <p>Immutable and thread-safe; memory is bounded by the vocabulary: 8 bytes per pair of adjacent
 * characters.
 */
final class SentencePieceCuts {
  /**
   * A part of a text that is tokenised separately.
   *
   * @param start first byte
   * @param end byte after the last
   * @param afterSpace whether its first tokens come from a space that is not in the text
   */
  record Part(int start, int end, boolean afterSpace) {}

  /** Minimum size of a part in bytes; shorter texts are not split. */
  static final int MIN_BYTES = 8192;

  // Limit for bytes × characters without a token; four times as many bytes are copied.
  private static final long MAX_COPIED = 1L << 30;
  private static final int MALFORMED = -1;
  private static final int SWALLOWS_SPACE = 2;
  private static final char SPACE_IN_TOKENS = '\u2581';

  private final long[] joined; // pairs of adjacent characters inside tokens, sorted
  private final BitSet known = new BitSet(); // characters that are tokens
  private final BitSet opening = new BitSet(); // first characters of user-defined tokens
  private final BitSet closing = new BitSet(); // last characters of user-defined tokens
  private final boolean prefixesSpace;
  private final boolean swallowsSpace; // whether any user-defined token absorbs white space

  /** Returns the cuts of a model, computed when its first long text arrives. */
  static SentencePieceCuts of(LlamaModel model) {
    return model.derived(SentencePieceCuts.class, SentencePieceCuts::new);
  }

  /** Reads all tokens of a model's vocabulary. */
  SentencePieceCuts(LlamaModel model) {
    long[] pairs = new long[1024];
    int n = 0;
    boolean swallows = false;
    for (int id = 0; id < model.vocabularySize(); id++) {
      int[] text = model.tokenText(id).replace(SPACE_IN_TOKENS, ' ').codePoints().toArray();
      if (text.length == 1) {
        known.set(text[0]);
      }
      int userDefined = model.userDefined(id);
      swallows |= userDefined == SWALLOWS_SPACE;
      if (text.length > 0 && userDefined != 0) {
        opening.set(text[0]);
        closing.set(text[text.length - 1]);
      }
      for (int i = 1; i < text.length; i++) {
        if (n == pairs.length) {
          pairs = Arrays.stream(pairs).distinct().toArray();
          n = pairs.length;
          pairs = Arrays.copyOf(pairs, 2 * n);
        }
        pairs[n++] = pair(text[i - 1], text[i]);
      }
    }
    this.joined = Arrays.stream(pairs, 0, n).sorted().distinct().toArray();
    this.swallowsSpace = swallows;
    this.prefixesSpace =
        model.metadata("tokenizer.ggml.add_space_prefix").map(Boolean::valueOf).orElse(true);
  }

  /**
   * Returns the part that starts at {@code from}, where the previous one ended.
   *
   * @param from less than the length of {@code text}
   * @param minBytes minimum size of the part, unless the text ends first
   * @throws EmbarkException when a stretch that cannot be split would take too long: of kind
   *     TOO_LONG, or NOT_TEXT if it is not UTF-8
   */
  Part next(byte[] text, int from, int minBytes) {
    boolean space = text[from] == ' ';
    int start = from > 0 && prefixesSpace && space ? from + 1 : from;
    int at = from;
    int before = MALFORMED;
    boolean malformed = false; // from there on llama.cpp may see other characters
    long unknown = 0;
    while (at < text.length) {
      int character = malformed ? MALFORMED : codePoint(text, at);
      malformed = character == MALFORMED;
      if (at - start >= minBytes && isCut(before, character, text, at)) {
        break;
      }
      unknown += malformed || !known.get(plain(character)) ? 1 : 0;
      at += malformed ? 1 : utf8Length(character);
      before = character;
      if (unknown * (at - from) > MAX_COPIED) {
        throw tooLong(at - from, malformed);
      }
    }
    return new Part(start, at, from > 0 && prefixesSpace && !space);
  }

  private static EmbarkException tooLong(int bytes, boolean malformed) {
    return malformed
        ? new EmbarkException(
            Kind.NOT_TEXT,
            "More than "
                + bytes
                + " bytes are not UTF-8, and would take this model's vocabulary"
                + " too long.")
        : new EmbarkException(
            Kind.TOO_LONG,
            "The text has more than "
                + bytes
                + " bytes without a place where this model's vocabulary is sure to end a token,"
                + " which would take it too long; cut the text before it is embedded.");
  }

  /**
   * Returns whether a text can be split between two adjacent characters, the second at byte {@code
   * at}.
   */
  private boolean isCut(int before, int after, byte[] text, int at) {
    if (after == MALFORMED
        || (swallowsSpace && isWhite(before))
        || isJoined(before, after)
        || closing.get(plain(before))
        || opening.get(plain(after))) {
      return false;
    }
    if (!prefixesSpace) {
      return true;
    }
    if (after != ' ') {
      return !isJoined(' ', after);
    }
    int next = at + 1 < text.length ? codePoint(text, at + 1) : MALFORMED;
    return next != MALFORMED && !opening.get(plain(next));
  }

  /** Same as C's isspace. */
  private static boolean isWhite(int character) {
    return character == ' ' || (character >= '\t' && character <= '\r');
  }

  /** Returns the number of tokens of the space that the vocabulary adds before a part. */
  int spaceTokens() {
    return known.get(' ') ? 1 : utf8Length(SPACE_IN_TOKENS);
  }

  /** Returns whether a token has two characters next to each other. */
  boolean isJoined(int before, int after) {
    return Arrays.binarySearch(joined, pair(plain(before), plain(after))) >= 0;
  }

  /** Returns the character at a byte, or MALFORMED. */
  static int codePoint(byte[] text, int at) {
    int lead = text[at] & 0xFF;
    if (lead < 0x80) {
      return lead;
    }
    int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || at + length > text.length) {
      return MALFORMED;
    }
    int character = lead & (0x7F >> length);
    for (int i = 1; i < length; i++) {
      if ((text[at + i] & 0xC0) != 0x80) {
        return MALFORMED;
      }
      character = character << 6 | (text[at + i] & 0x3F);
    }
    boolean shortest = utf8Length(character) == length;
    boolean surrogate = character >= 0xD800 && character <= 0xDFFF;
    return shortest && !surrogate && character <= Character.MAX_CODE_POINT ? character : MALFORMED;
  }

  private static int plain(int character) {
    return character == SPACE_IN_TOKENS ? ' ' : character;
  }

  private static long pair(int before, int after) {
    return (long) before << 32 | after;
  }

  static int utf8Length(int character) {
    return character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
  }
}
