package dev.embark.engine.generate;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The bytes of an answer as its tokens come, up to the first of some words that end it. Allocates
 * nothing for a token as long as its buffer has room. For one thread.
 */
final class Answer {
  private static final int FIRST_CAPACITY = 1024;

  private final byte[][] stops;
  private byte[] bytes = new byte[FIRST_CAPACITY];
  private int length;
  private int tokens;

  /**
   * @param stops words that end it, in UTF-8
   */
  Answer(byte[][] stops) {
    this.stops = stops;
  }

  /** Starts it anew. */
  void clear() {
    length = 0;
    tokens = 0;
  }

  /** Counts a token that stands for nothing in a text. */
  void add() {
    tokens++;
  }

  /**
   * Adds what a token stands for.
   *
   * @return whether a stop word came, which is then left out, and all behind it
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

  /** Where the word is, looked for from {@code start}; the length of the answer if nowhere. */
  private int find(byte[] word, int start) {
    for (int at = start; at + word.length <= length; at++) {
      if (Arrays.equals(bytes, at, at + word.length, word, 0, word.length)) {
        return at;
      }
    }
    return length;
  }

  /** Tokens that were added. */
  int tokens() {
    return tokens;
  }

  /** The text; a character whose last bytes never came is left out. */
  String text() {
    return new String(bytes, 0, wholeCharacters(), StandardCharsets.UTF_8);
  }

  private int wholeCharacters() {
    int start = length;
    // UTF-8's later bytes are 10xxxxxx; a first byte tells by its leading ones how many there are.
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
