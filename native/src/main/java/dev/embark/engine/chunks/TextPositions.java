package dev.embark.engine.chunks;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A text as Java and as Spark see it. Positions are indices into the Java string; this class
 * converts them to bytes and to characters as Spark's {@code substring} counts them: by the first
 * byte of each, whether or not the bytes are UTF-8. Immutable.
 */
final class TextPositions {
  private static final int STEP = 512; // characters per remembered position
  private static final char REPLACEMENT = '\uFFFD';

  private final byte[] utf8;
  private final String text;
  // The position and the byte of each STEP-th character; empty if every character has one byte.
  private final int[] positions;
  private final int[] bytes;

  TextPositions(byte[] utf8) {
    this.utf8 = utf8;
    String decoded = new String(utf8, StandardCharsets.UTF_8);
    this.text = decoded.indexOf(REPLACEMENT) < 0 ? decoded : lenient(utf8);
    boolean isPlain = text.length() == utf8.length;
    int characters = isPlain ? 0 : text.codePointCount(0, text.length());
    this.positions = new int[isPlain ? 0 : characters / STEP + 1];
    this.bytes = new int[positions.length];
    int position = 0;
    int at = 0;
    for (int i = 0; i < characters; i++) {
      if (i % STEP == 0) {
        positions[i / STEP] = position;
        bytes[i / STEP] = at;
      }
      position += width(position);
      at = next(utf8, at);
    }
    if (characters % STEP == 0 && !isPlain) {
      positions[characters / STEP] = position;
      bytes[characters / STEP] = at;
    }
  }

  /**
   * Decodes each character of Spark to one code point, the replacement character if it is none, so
   * that both count the same.
   */
  private static String lenient(byte[] utf8) {
    StringBuilder text = new StringBuilder(utf8.length);
    for (int i = 0; i < utf8.length; ) {
      int end = next(utf8, i);
      String one = new String(Arrays.copyOfRange(utf8, i, end), StandardCharsets.UTF_8);
      text.append(one.codePointCount(0, one.length()) == 1 ? one : String.valueOf(REPLACEMENT));
      i = end;
    }
    return text.toString();
  }

  /** Returns the byte after the character that begins at a byte. */
  private static int next(byte[] utf8, int at) {
    int lead = utf8[at] & 0xFF;
    int length = lead < 0xC2 || lead > 0xF4 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    return Math.min(utf8.length, at + length);
  }

  private int width(int position) {
    return Character.charCount(text.codePointAt(position));
  }

  /** Returns the text; its code points are the characters of Spark. */
  String text() {
    return text;
  }

  /** Returns the bytes of the text; not a copy. */
  byte[] utf8() {
    return utf8;
  }

  /** Returns the byte at which the character at a position begins. */
  int byteOf(int position) {
    if (positions.length == 0) {
      return position;
    }
    int step = step(position);
    int at = bytes[step];
    for (int i = positions[step]; i < position; i += width(i)) {
      at = next(utf8, at);
    }
    return at;
  }

  /** Returns the number of characters before a position. */
  int characterOf(int position) {
    if (positions.length == 0) {
      return position;
    }
    int step = step(position);
    return step * STEP + text.codePointCount(positions[step], position);
  }

  private int step(int position) {
    int found = Arrays.binarySearch(positions, position);
    return found >= 0 ? found : -found - 2;
  }
}
