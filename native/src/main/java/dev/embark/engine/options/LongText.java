package dev.embark.engine.options;

import java.util.Locale;

/** Values of the option {@code longText}: the policy for texts with more tokens than allowed. */
public enum LongText {
  /** Truncates the text and marks the row as truncated. */
  TRUNCATE,
  /**
   * Splits the text into chunks, each with the prefix. The vector is the mean of the chunk vectors,
   * weighted by tokens and normalised again.
   */
  CHUNK,
  /** Fails the row. */
  ERROR;

  /** Returns the option value. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
