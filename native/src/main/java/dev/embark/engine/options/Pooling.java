package dev.embark.engine.options;

import java.util.Locale;

/** Values of the option {@code pooling}: how the token vectors of a text are combined into one. */
public enum Pooling {
  /** The pooling named in the model's file. */
  MODEL(-1),
  /** The mean over all tokens. */
  MEAN(1),
  /** The vector of the first token. */
  CLS(2),
  /** The vector of the last token. */
  LAST(3),
  /** The score of a reranker's head; not a value of the option. */
  RANK(4);

  private final int llamaPoolingType;

  Pooling(int llamaPoolingType) {
    this.llamaPoolingType = llamaPoolingType;
  }

  /** Returns the poolings that give a vector: the values of the option. */
  public static Pooling[] ofVectors() {
    return new Pooling[] {MODEL, MEAN, CLS, LAST};
  }

  /** Returns the value of llama.cpp's {@code llama_pooling_type}. */
  public int llamaPoolingType() {
    return llamaPoolingType;
  }

  /** Returns the option value. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
