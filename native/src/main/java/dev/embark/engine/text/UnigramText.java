package dev.embark.engine.text;

import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufValue;
import dev.embark.llama.LlamaModel;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Normalises texts for unigram vocabularies as Hugging Face's tokenizers do, from which models of
 * this kind are used, and not as SentencePiece and llama.cpp do.
 *
 * <p>Both replace characters by the model's {@link CharacterMap}. SentencePiece applies the longest
 * key at each position. Hugging Face's normalizer goes by user-perceived characters: one of less
 * than six bytes is replaced whole by the shortest key at its start, so further accents are lost;
 * the code points of a longer one are replaced one by one, so the letters of a Korean syllable are
 * not composed. llama.cpp applies its own normalisation to the result; an ignored character between
 * two that it would join keeps it from changing anything. Immutable and thread-safe.
 */
public final class UnigramText implements TextNormalizer {
  private static final String MAP_KEY = "tokenizer.ggml.precompiled_charsmap";
  private static final String SPACES_KEY = "embark.tokenizer.spaces"; // of imported models
  private static final String MERGE_KEY = "tokenizer.ggml.remove_extra_whitespaces";

  private static final int SHORT_CLUSTER = 6; // in bytes
  private static final int ASCII = 0x80;

  /** What a tokenizer does with white space, after the map has made spaces of most of it. */
  enum Spaces {
    /** All white space separates words. */
    SPLIT,
    /** Spaces separate words; white space at the end is dropped. */
    TRIM,
    /** A run of spaces is one space. llama.cpp does not merge spaces. */
    MERGE,
    /** Each space counts. llama.cpp does not merge spaces. */
    KEEP
  }

  private final CharacterMap map;
  private final Spaces spaces;
  private final boolean[] plain = new boolean[ASCII]; // characters that llama.cpp replaces alike
  private final byte ignored; // a character that the map removes; 0 if it removes none

  /**
   * Creates a normalizer.
   *
   * @param spaces what the tokenizer does with white space
   */
  UnigramText(CharacterMap map, Spaces spaces) {
    this.map = map;
    this.spaces = spaces;
    byte found = 0;
    for (byte c = 1; c > 0 && c < Byte.MAX_VALUE; c++) {
      byte[] replacement = map.replacement(new byte[] {c}, 0, 1);
      found = found == 0 && replacement != null && replacement.length == 0 ? c : found;
      boolean same = replacement != null || c == ' ' || !isWhite(c);
      plain[c] = same && c != '\r' && (spaces == Spaces.SPLIT || spaces == Spaces.TRIM);
    }
    this.ignored = found;
  }

  /** Returns the map of a model's file; empty if it has none. */
  public static ByteBuffer characterMap(GgufHeader header) {
    List<?> values =
        header
            .get(MAP_KEY)
            .map(GgufValue::value)
            .map(value -> value instanceof List<?> list ? list : List.of())
            .orElse(List.of());
    ByteBuffer bytes = ByteBuffer.allocate(values.size());
    for (Object value : values) {
      bytes.put(value instanceof Long number ? number.byteValue() : (byte) 0);
    }
    return bytes.flip().asReadOnlyBuffer();
  }

  /** Returns the normalizer of a model; empty if its file has neither a map nor another hint. */
  static Optional<UnigramText> of(LlamaModel model) {
    if (!model.characterMap().hasRemaining() && model.metadata(SPACES_KEY).isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        model.derived(
            UnigramText.class,
            m ->
                new UnigramText(
                    new CharacterMap(m.characterMap()),
                    spaces(m.metadata(SPACES_KEY), m.metadata(MERGE_KEY)))));
  }

  private static Spaces spaces(Optional<String> imported, Optional<String> merges) {
    return Arrays.stream(Spaces.values())
        .filter(value -> imported.filter(value.name()::equalsIgnoreCase).isPresent())
        .findFirst()
        .orElse(merges.filter("true"::equals).isPresent() ? Spaces.SPLIT : Spaces.KEEP);
  }

  @Override
  public boolean isPlain(byte[] utf8, int length) {
    for (int i = 0; i < length; i++) {
      if (utf8[i] < 0 || !plain[utf8[i]]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns whether the map keeps a character and the space after it, whatever follows.
   *
   * @param from first byte of the character
   * @param space the byte after it
   */
  boolean keeps(byte[] utf8, int from, int space) {
    return map.longest(utf8, from, space + 1) == 0 && map.longest(utf8, space, utf8.length) == 0;
  }

  @Override
  public byte[] rewrite(byte[] utf8, int length) {
    // llama.cpp replaces malformed bytes by the same character.
    String text = new String(utf8, 0, length, StandardCharsets.UTF_8);
    byte[] replaced = replaced(text);
    byte[] spaced =
        switch (spaces) {
          case SPLIT -> replaced;
          case TRIM -> Arrays.copyOf(replaced, lengthWithoutWhiteEnd(replaced));
          case MERGE -> withoutFirstSpace(merged(replaced));
          case KEEP -> withoutFirstSpace(replaced);
        };
    return separated(spaced);
  }

  /** Applies the map to each user-perceived character. */
  private byte[] replaced(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream(utf8.length + SHORT_CLUSTER);
    int start = 0; // of the cluster, index into utf8
    int end = 0;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      end += utf8Length(c);
      if (i == text.length() || GraphemeBreaks.isBetween(c, text.codePointAt(i))) {
        replaceCluster(utf8, start, end, out);
        start = end;
      }
    }
    return out.toByteArray();
  }

  private void replaceCluster(byte[] utf8, int start, int end, ByteArrayOutputStream out) {
    byte[] whole = end - start < SHORT_CLUSTER ? map.replacement(utf8, start, end) : null;
    if (whole != null) {
      out.writeBytes(whole);
      return;
    }
    for (int at = start; at < end; ) {
      int next = at + utf8Length(utf8[at]);
      byte[] replacement = map.replacement(utf8, at, next);
      if (replacement != null) {
        out.writeBytes(replacement);
      } else {
        out.write(utf8, at, next - at);
      }
      at = next;
    }
  }

  private static int lengthWithoutWhiteEnd(byte[] utf8) {
    int length = 0;
    for (int at = 0; at < utf8.length; ) {
      int next = at + utf8Length(utf8[at]);
      length = isWhite(utf8, at, next) ? length : next;
      at = next;
    }
    return length;
  }

  private static byte[] merged(byte[] utf8) {
    byte[] merged = new byte[utf8.length];
    int length = 0;
    for (int i = 0; i < utf8.length; i++) {
      if (utf8[i] != ' ' || i == 0 || utf8[i - 1] != ' ') {
        merged[length++] = utf8[i];
      }
    }
    return Arrays.copyOf(merged, length);
  }

  /** Removes the space at the start of a text with words, because llama.cpp adds one to it. */
  private static byte[] withoutFirstSpace(byte[] utf8) {
    for (byte b : utf8) {
      if (b != ' ') {
        return utf8[0] == ' ' ? Arrays.copyOfRange(utf8, 1, utf8.length) : utf8;
      }
    }
    return utf8;
  }

  /**
   * Replaces white space that separates words by spaces, and separates characters that llama.cpp
   * would join.
   */
  private byte[] separated(byte[] utf8) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(utf8.length + SHORT_CLUSTER);
    for (int at = 0; at < utf8.length; ) {
      int next = at + utf8Length(utf8[at]);
      if (spaces == Spaces.SPLIT && isWhite(utf8, at, next)) {
        out.write(' ');
      } else {
        out.write(utf8, at, next - at);
      }
      if (ignored != 0 && map.longest(utf8, at, utf8.length) > next - at) {
        out.write(ignored);
      }
      at = next;
    }
    return out.toByteArray();
  }

  private static boolean isWhite(byte[] utf8, int from, int to) {
    return to - from == 1
        ? isWhite(utf8[from])
        : isWhite(new String(utf8, from, to - from, StandardCharsets.UTF_8).codePointAt(0));
  }

  /** Unicode's property White_Space. */
  private static boolean isWhite(int c) {
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || Character.isSpaceChar(c);
  }

  private static int utf8Length(byte lead) {
    return lead >= 0 ? 1 : lead < (byte) 0xE0 ? 2 : lead < (byte) 0xF0 ? 3 : 4;
  }

  private static int utf8Length(int c) {
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  }
}
