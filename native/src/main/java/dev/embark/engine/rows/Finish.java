package dev.embark.engine.rows;

import java.util.Locale;

/** The reason why an answer ended. */
public enum Finish {
  /** The model produced an end-of-text token. */
  STOP,
  /** The answer reached its maximum length or filled the context. */
  LENGTH,
  /** The answer contained a text of the option {@code stop}. */
  STOP_WORD,
  /** The row failed and has no answer. */
  ERROR;

  /** Returns the name shown to users. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
