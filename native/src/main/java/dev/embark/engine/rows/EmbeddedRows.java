package dev.embark.engine.rows;

/**
 * What became of each row of a window that was embedded.
 *
 * <p>An engine has one, and overwrites it with the next window; {@link #copy()} stays.
 */
public final class EmbeddedRows extends RowOutcomes {
  public EmbeddedRows() {}

  /** The same, which no later window changes. */
  public EmbeddedRows copy() {
    EmbeddedRows copy = new EmbeddedRows();
    copy.copyFrom(this);
    return copy;
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
