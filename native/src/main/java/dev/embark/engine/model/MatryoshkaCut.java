package dev.embark.engine.model;

import dev.embark.engine.prompts.ModelPrompts;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Models whose vectors their authors cut to fewer dimensions in another way than the option {@code
 * dimensions} does, which keeps the first dimensions and scales them. Stateless.
 */
public final class MatryoshkaCut {
  // The card of the model computes layer_norm over all dimensions, cuts, and then scales.
  private static final Pattern LAYER_NORM = Pattern.compile("nomic-embed-text(-v1\\.5)?");

  private MatryoshkaCut() {}

  /**
   * Returns whether the authors of a model compute a layer norm before they cut its vectors.
   *
   * @param metadata value of a key of the model's file
   */
  public static boolean needsLayerNorm(Function<String, Optional<String>> metadata) {
    return ModelPrompts.isNamed(LAYER_NORM, metadata);
  }
}
