package dev.embark.engine.jinja.values;

import java.util.ArrayList;
import java.util.List;

/**
 * A string of a template that records the origin of each character. Equality ignores origins.
 * Immutable.
 */
public final class Text {
  /** Where a character comes from. */
  public enum Origin {
    TEMPLATE,
    SYSTEM,
    USER
  }

  /** A run of characters of the same origin. */
  public record Span(String chars, Origin origin) {}

  /** Longer strings are refused. */
  public static final int MAX_LENGTH = 1 << 23;

  public static final Text EMPTY = new Text("", null);

  private static final Origin[] ORIGINS = Origin.values();

  private final String chars;
  private final String origins; // ordinals, one for each character; null if all are the template's

  private Text(String chars, String origins) {
    if (chars.length() > MAX_LENGTH) {
      throw new JinjaException("a string grows beyond " + MAX_LENGTH + " characters");
    }
    this.chars = chars;
    this.origins = origins;
  }

  /** Returns a text of the template. */
  public static Text of(String chars) {
    return new Text(chars, null);
  }

  /** Returns a text of one origin. */
  public static Text of(String chars, Origin origin) {
    return new Text(chars, origin == Origin.TEMPLATE ? null : repeated(origin, chars.length()));
  }

  /**
   * Returns a text.
   *
   * @param origins ordinals, one for each character; null if all characters are the template's
   */
  public static Text of(String chars, String origins) {
    return new Text(chars, origins);
  }

  private static String repeated(Origin origin, int n) {
    return String.valueOf((char) origin.ordinal()).repeat(n);
  }

  /** Returns the characters. */
  public String chars() {
    return chars;
  }

  /** Returns the ordinals of the origins; null if all characters are the template's. */
  public String origins() {
    return origins;
  }

  public int length() {
    return chars.length();
  }

  public boolean isEmpty() {
    return chars.isEmpty();
  }

  /** Returns the characters from {@code from} to before {@code to}. */
  public Text slice(int from, int to) {
    return from >= to
        ? EMPTY
        : new Text(chars.substring(from, to), origins == null ? null : origins.substring(from, to));
  }

  public Text plus(Text other) {
    return new TextBuilder().append(this).append(other).build();
  }

  /**
   * Returns what an operation made of this text. Origins remain if the length does; otherwise every
   * character has the origin that is trusted least.
   */
  public Text rewritten(String changed) {
    if (origins == null || changed.length() == chars.length()) {
      return new Text(changed, origins);
    }
    int least = origins.chars().max().orElse(0);
    return of(changed, ORIGINS[least]);
  }

  /** Returns the runs of characters of the same origin. */
  public List<Span> spans() {
    List<Span> spans = new ArrayList<>();
    for (int from = 0; from < chars.length(); ) {
      Origin origin = origin(from);
      int to = from + 1;
      while (to < chars.length() && origin(to) == origin) {
        to++;
      }
      spans.add(new Span(chars.substring(from, to), origin));
      from = to;
    }
    return spans;
  }

  /** Returns the origin of a character. */
  public Origin origin(int index) {
    return origins == null ? Origin.TEMPLATE : ORIGINS[origins.charAt(index)];
  }

  /**
   * Returns the text for a message, in which an ellipsis replaces what the template did not write.
   */
  public String shown() {
    StringBuilder shown = new StringBuilder();
    spans().forEach(span -> shown.append(span.origin() == Origin.TEMPLATE ? span.chars() : "…"));
    return shown.toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Text text && chars.equals(text.chars);
  }

  @Override
  public int hashCode() {
    return chars.hashCode();
  }

  @Override
  public String toString() {
    return chars;
  }
}
