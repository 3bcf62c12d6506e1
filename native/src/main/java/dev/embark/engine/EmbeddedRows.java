package dev.embark.engine;

/** What became of each row of a window that was embedded. */
public final class EmbeddedRows extends RowOutcomes {
  EmbeddedRows(int rows) {
    super(rows);
  }

  /** Whether the row has a vector. */
  public boolean isEmbedded(int row) {
    return isDone(row);
  }

  @Override
  public int generatedTokens(int row) {
    return 0;
  }
}
