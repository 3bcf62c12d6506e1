package dev.embark.engine.rows;

import java.util.Locale;

/** Why an answer ended. */
public enum Finish {
  /** The model gave a token that ends a text. */
  STOP,
  /** It has as many tokens as it may, or the context has no room for more. */
  LENGTH,
  /** One of the texts of the option {@code stop} came. */
  STOP_WORD,
  /** There is none. */
  ERROR;

  /** As users read it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
