package dev.embark.engine.generate;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Text buffer of an answer, filled token by token up to the first stop word. Allocates only when it
 * has to grow. Not thread-safe.
 */
final class Answer {
  private static final int FIRST_CAPACITY = 1024;

  private final byte[][] stops;
  private byte[] bytes = new byte[FIRST_CAPACITY];
  private int length;
  private int tokens;

  /**
   * Creates an empty answer.
   *
   * @param stops stop words in UTF-8
   */
  Answer(byte[][] stops) {
    this.stops = stops;
  }

  /** Resets the answer. */
  void clear() {
    length = 0;
    tokens = 0;
  }

  /** Counts a token that has no text. */
  void add() {
    tokens++;
  }

  /**
   * Appends the text of a token.
   *
   * @return whether a stop word occurred; it and all text after it are then removed
   */
  boolean add(byte[] piece, int n) {
    tokens++;
    if (length + n > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(length + n, bytes.length * 2));
    }
    System.arraycopy(piece, 0, bytes, length, n);
    int before = length;
    length += n;
    int first = length;
    for (byte[] stop : stops) {
      first = Math.min(first, find(stop, Math.max(0, before - stop.length + 1)));
    }
    boolean stopped = first < length;
    length = first;
    return stopped;
  }

  /**
   * Returns the first position of the word at or after {@code start}; the length of the answer if
   * there is none.
   */
  private int find(byte[] word, int start) {
    for (int at = start; at + word.length <= length; at++) {
      if (Arrays.equals(bytes, at, at + word.length, word, 0, word.length)) {
        return at;
      }
    }
    return length;
  }

  /** Returns the number of tokens added. */
  int tokens() {
    return tokens;
  }

  /** Returns the text, without a last character whose bytes are incomplete. */
  String text() {
    return new String(bytes, 0, wholeCharacters(), StandardCharsets.UTF_8);
  }

  private int wholeCharacters() {
    int start = length;
    // Continuation bytes of UTF-8 are 10xxxxxx; the leading ones of a first byte give the number of
    // bytes.
    while (start > 0 && length - start < 3 && (bytes[start - 1] & 0xC0) == 0x80) {
      start--;
    }
    if (start == 0 || (bytes[start - 1] & 0xC0) != 0xC0) {
      return length;
    }
    int wanted = Integer.numberOfLeadingZeros(~(bytes[start - 1] << 24));
    return length - start + 1 < wanted && wanted <= 4 ? start - 1 : length;
  }
}
