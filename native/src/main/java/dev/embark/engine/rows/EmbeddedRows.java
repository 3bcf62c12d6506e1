package dev.embark.engine.rows;

/**
 * Per-row outcome of an embedded window: a vector, NULL or an error.
 *
 * <p>An engine overwrites its instance with every window; {@link #copy()} preserves one.
 */
public final class EmbeddedRows extends RowOutcomes {
  public EmbeddedRows() {}

  /** Returns an independent copy, which later windows do not change. */
  public EmbeddedRows copy() {
    EmbeddedRows copy = new EmbeddedRows();
    copy.copyFrom(this);
    return copy;
  }

  /** Returns whether the row has a vector. */
  public boolean isEmbedded(int row) {
    return isDone(row);
  }

  @Override
  public int generatedTokens(int row) {
    return 0;
  }
}
