package dev.embark.engine.jinja;

import dev.embark.engine.jinja.values.JinjaException;

/** Escape sequences of string literals, which are Python's. Stateless. */
final class Escapes {
  private static final String LETTERS = "abfnrtv'\"\\";
  private static final String VALUES = "\u0007\b\f\n\r\t\u000b'\"\\";

  private Escapes() {}

  static String resolve(String literal) {
    if (literal.indexOf('\\') < 0) {
      return literal;
    }
    StringBuilder value = new StringBuilder(literal.length());
    for (int i = 0; i < literal.length(); i++) {
      char c = literal.charAt(i);
      if (c != '\\' || i + 1 == literal.length()) {
        value.append(c);
        continue;
      }
      char escaped = literal.charAt(++i);
      int letter = LETTERS.indexOf(escaped);
      int digits = "xuU".indexOf(escaped) < 0 ? 0 : escaped == 'x' ? 2 : escaped == 'u' ? 4 : 8;
      if (letter >= 0) {
        value.append(VALUES.charAt(letter));
      } else if (digits > 0) {
        value.appendCodePoint(number(literal, i + 1, digits, 16));
        i += digits;
      } else if (escaped >= '0' && escaped <= '7') {
        int end = i + 1;
        while (end < literal.length()
            && end < i + 3
            && literal.charAt(end) >= '0'
            && literal.charAt(end) <= '7') {
          end++;
        }
        value.append((char) number(literal, i, end - i, 8));
        i = end - 1;
      } else if (escaped != '\n') { // which Python leaves out
        value.append('\\').append(escaped);
      }
    }
    return value.toString();
  }

  private static int number(String literal, int from, int digits, int radix) {
    try {
      int codePoint = Integer.parseInt(literal.substring(from, from + digits), radix);
      if (Character.isValidCodePoint(codePoint)) {
        return codePoint;
      }
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      // the exception below says the same
    }
    throw new JinjaException("a string has an escape sequence that is none");
  }
}
