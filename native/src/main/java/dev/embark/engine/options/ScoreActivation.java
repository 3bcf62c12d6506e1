package dev.embark.engine.options;

import java.util.Locale;

/** Values of the option {@code activation}: what a reranker's output becomes. */
public enum ScoreActivation {
  /** As sentence-transformers takes it from the model's files: the sigmoid if they name none. */
  MODEL,
  /** 1 / (1 + exp(-output)), between 0 and 1. */
  SIGMOID,
  /** The output itself. */
  NONE;

  /** Returns the option value. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
