package dev.embark.engine.rows;

/** Per-row outcome of a window of texts that are classified: scores, NULL or an error. */
public final class ClassifiedRows extends RowOutcomes {
  private final double[][] scores; // per row and label; null without scores

  public ClassifiedRows(int rows) {
    clear(rows);
    scores = new double[rows][];
  }

  /** Returns the probability of each label, in the order of the labels; null without scores. */
  public double[] scores(int row) {
    return scores[row];
  }

  /** Sets the probability of each label. */
  public void setScores(int row, double[] ofLabels) {
    scores[row] = ofLabels;
    setDone(row);
  }

  /** Returns 0: the labels are read, not generated. */
  @Override
  public int generatedTokens(int row) {
    return 0;
  }
}
