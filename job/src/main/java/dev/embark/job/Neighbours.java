package dev.embark.job;

import java.util.Comparator;
import java.util.List;

/** Finds the texts nearest to a query by brute force; for samples that fit the driver. */
final class Neighbours {
  private final List<Text> texts;

  /** A text and its vector, of any length above zero. */
  record Text(String text, float[] vector) {}

  /** A text and the cosine of the angle between its vector and the query's, -1 to 1. */
  record Neighbour(String text, double cosine) {}

  Neighbours(List<Text> texts) {
    this.texts = List.copyOf(texts);
  }

  /** Returns up to {@code k} texts, the nearest first. */
  List<Neighbour> nearest(float[] query, int k) {
    return texts.stream()
        .map(text -> new Neighbour(text.text(), cosine(text.vector(), query)))
        .sorted(Comparator.comparingDouble(Neighbour::cosine).reversed())
        .limit(k)
        .toList();
  }

  static double cosine(float[] a, float[] b) {
    double dot = 0;
    double squaresOfA = 0;
    double squaresOfB = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      squaresOfA += (double) a[i] * a[i];
      squaresOfB += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(squaresOfA * squaresOfB);
  }
}
