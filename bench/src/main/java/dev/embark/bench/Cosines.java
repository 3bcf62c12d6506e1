package dev.embark.bench;

/**
 * Cosines between the vectors of a side and those of the reference.
 *
 * @param min the least cosine
 * @param mean of all
 */
record Cosines(double min, double mean) {

  /**
   * Compares row with row.
   *
   * @param vectors {@code [rows][dimensions]} of any length but 0
   * @param reference of the same shape
   * @throws SideException when the shapes differ, or a side gave no vector for a row
   */
  static Cosines of(float[][] vectors, float[][] reference) throws SideException {
    if (vectors.length != reference.length) {
      throw new SideException(
          "it gave %d vectors for %d texts".formatted(vectors.length, reference.length));
    }
    double min = 1;
    double sum = 0;
    for (int row = 0; row < vectors.length; row++) {
      if (vectors[row].length != reference[row].length) {
        throw new SideException(
            "its vectors have %d dimensions, the reference's %d"
                .formatted(vectors[row].length, reference[row].length));
      }
      double cosine = cosine(vectors[row], reference[row]);
      if (!Double.isFinite(cosine)) {
        throw new SideException("its vector of text " + row + " is no vector");
      }
      min = Math.min(min, cosine);
      sum += cosine;
    }
    return new Cosines(min, sum / vectors.length);
  }

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(aa * bb);
  }
}
