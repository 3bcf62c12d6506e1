package dev.embark.engine.options;

import java.util.Locale;

/** Values of the option {@code truncateSide}: the part of a long prompt that is cut off. */
public enum TruncateSide {
  /** Cuts off the start, and keeps the end, where a question usually is. */
  START,
  /** Cuts out the middle. */
  MIDDLE,
  /** Cuts off the end. */
  END;

  /**
   * Returns what remains of a text.
   *
   * @param kept number of UTF-16 units to keep; half of a surrogate pair is cut off, too
   */
  public String cut(String text, int kept) {
    if (kept >= text.length()) {
      return text;
    }
    int head =
        switch (this) {
          case START -> 0;
          case MIDDLE -> (kept + 1) / 2;
          case END -> kept;
        };
    int tail = text.length() - (kept - head);
    head -= head > 0 && Character.isHighSurrogate(text.charAt(head - 1)) ? 1 : 0;
    tail += tail < text.length() && Character.isLowSurrogate(text.charAt(tail)) ? 1 : 0;
    return text.substring(0, head) + text.substring(tail);
  }

  /** Returns the option value. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
