package dev.embark.engine.jinja.values;

/** What Python counts as white space. Stateless. */
public final class Whitespace {
  private Whitespace() {}

  public static boolean is(char c) {
    return Character.isWhitespace(c)
        || c == '\u0085'
        || c == '\u00A0'
        || c == '\u2007'
        || c == '\u202F';
  }

  /** Returns the index of the first character from {@code from} that is no white space. */
  public static int startOfText(String text, int from) {
    int i = from;
    while (i < text.length() && is(text.charAt(i))) {
      i++;
    }
    return i;
  }

  /** Returns the index after the last character that is no white space. */
  public static int endOfText(String text) {
    int i = text.length();
    while (i > 0 && is(text.charAt(i - 1))) {
      i--;
    }
    return i;
  }
}
