package dev.embark.engine.options;

import java.util.Locale;

/**
 * Scaling of a pooled vector; the values of the option {@code normalize}, with the semantics of
 * llama-embedding's {@code --embd-normalize}.
 *
 * @param p −1 for none, 0 to scale the largest absolute value to 32760 (int16 range), 1 for the
 *     taxicab norm, 2 for the Euclidean norm, greater than 2 for that p-norm
 */
public record Normalization(int p) {
  /** Euclidean length 1: the dot product of two vectors is their cosine. */
  public static final Normalization L2 = new Normalization(2);

  /** No scaling. */
  public static final Normalization NONE = new Normalization(-1);

  // Largest magnitude of the max-abs scaling in llama.cpp's common_embd_normalize.
  private static final double INT16_RANGE = 32760.0;

  /**
   * Parses an option value.
   *
   * @throws IllegalArgumentException unless it is one of {@code l2, none, l1, max, p:<n>} with n >
   *     2
   */
  public static Normalization parse(String value) {
    String lower = value.strip().toLowerCase(Locale.ROOT);
    return switch (lower) {
      case "none" -> NONE;
      case "max" -> new Normalization(0);
      case "l1" -> new Normalization(1);
      case "l2" -> L2;
      default -> {
        if (!lower.matches("p:[1-9][0-9]{0,2}") || Integer.parseInt(lower.substring(2)) <= 2) {
          throw new IllegalArgumentException(
              "one of l2, none, l1, max, p:<n> with n from 3 to 999");
        }
        yield new Normalization(Integer.parseInt(lower.substring(2)));
      }
    };
  }

  /** Scales {@code vector[0 … length)} in place; a zero vector stays zero. */
  public void apply(float[] vector, int length) {
    if (p < 0) {
      return;
    }
    double norm = norm(vector, length);
    double scale = norm > 0 ? 1 / norm : 0;
    for (int i = 0; i < length; i++) {
      vector[i] = (float) (vector[i] * scale);
    }
  }

  private double norm(float[] vector, int length) {
    double sum = 0;
    switch (p) {
      case 0 -> {
        for (int i = 0; i < length; i++) {
          sum = Math.max(sum, Math.abs(vector[i]));
        }
        return sum / INT16_RANGE;
      }
      case 2 -> {
        for (int i = 0; i < length; i++) {
          sum += (double) vector[i] * vector[i];
        }
        return Math.sqrt(sum);
      }
      default -> {
        for (int i = 0; i < length; i++) {
          sum += Math.pow(Math.abs(vector[i]), p);
        }
        return Math.pow(sum, 1.0 / p);
      }
    }
  }

  /** Returns the option value. */
  @Override
  public String toString() {
    return switch (p) {
      case -1 -> "none";
      case 0 -> "max";
      case 1 -> "l1";
      case 2 -> "l2";
      default -> "p:" + p;
    };
  }
}
