package dev.embark.engine.options;

import java.util.Locale;

/** How the vectors of a text's tokens become one vector; the values of {@code pooling}. */
public enum Pooling {
  /** What the model's file says. */
  MODEL(-1),
  /** The mean over all tokens. */
  MEAN(1),
  /** The vector of the first token. */
  CLS(2),
  /** The vector of the last token. */
  LAST(3);

  private final int llamaPoolingType;

  Pooling(int llamaPoolingType) {
    this.llamaPoolingType = llamaPoolingType;
  }

  /** The value of llama.cpp's {@code llama_pooling_type}. */
  public int llamaPoolingType() {
    return llamaPoolingType;
  }

  /** The option's value. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
