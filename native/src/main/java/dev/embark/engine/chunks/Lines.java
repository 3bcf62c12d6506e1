package dev.embark.engine.chunks;

/** Lines and white space of a text. Stateless. */
final class Lines {
  private Lines() {}

  /** Returns the position after a line and its terminator. */
  static int end(String text, int start) {
    for (int i = start; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n') {
        return i + 2;
      }
      if (isTerminator(c)) {
        return i + 1;
      }
    }
    return text.length();
  }

  static boolean isTerminator(char c) {
    return c == '\n' || c == '\r' || c == '\u0085' || c == '\u2028' || c == '\u2029';
  }

  /** Returns whether a character is white space, no-break spaces included. */
  static boolean isWhite(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }

  /** Returns whether a part of a text is empty or white space. */
  static boolean isBlank(String text, int start, int end) {
    return trimEnd(text, start, end) == start;
  }

  /** Returns the first position from {@code start} on without white space, or the length. */
  static int skipWhite(String text, int start) {
    int i = start;
    while (i < text.length() && isWhite(text.charAt(i))) {
      i++;
    }
    return i;
  }

  /** Returns the end of a part of a text without the white space at its end. */
  static int trimEnd(String text, int start, int end) {
    int i = end;
    while (i > start && isWhite(text.charAt(i - 1))) {
      i--;
    }
    return i;
  }
}
