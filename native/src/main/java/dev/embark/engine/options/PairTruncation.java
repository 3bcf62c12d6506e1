package dev.embark.engine.options;

import java.util.Locale;

/**
 * Values of the option {@code truncation}: which text of a pair loses tokens at its end if the pair
 * is too long. The names are those of the Hugging Face tokenizers.
 */
public enum PairTruncation {
  /** The longer text until both are equally long, then both. */
  LONGEST_FIRST,
  /** The second text, the document; a pair whose query leaves it no token fails. */
  ONLY_SECOND,
  /** Neither: a pair that is too long fails. */
  DO_NOT_TRUNCATE;

  /** Returns the option value. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
