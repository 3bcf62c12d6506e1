package dev.embark.engine.options;

import java.util.Locale;

/** What happens to a text with more tokens than allowed; the values of {@code longText}. */
public enum LongText {
  /** Its head is embedded and the row is marked as truncated. */
  TRUNCATE,
  /**
   * It is cut into windows of tokens, each with the prefix, and the vector is the mean of theirs,
   * weighted by tokens and normalised again.
   */
  CHUNK,
  /** The row fails. */
  ERROR;

  /** The option's value. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
