package dev.embark.engine.options;

import java.util.Locale;

/** Values of the option {@code role}: what texts are in a search. */
public enum Role {
  /** A text to search for. */
  QUERY,
  /** A text to be found. */
  DOCUMENT;

  /** Returns the option value. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
