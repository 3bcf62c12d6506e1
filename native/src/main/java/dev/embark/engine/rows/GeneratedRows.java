package dev.embark.engine.rows;

/** Per-row outcome of a window of prompts: an answer, NULL or an error. */
public final class GeneratedRows extends RowOutcomes {
  private final String[] texts; // per row; null without an answer
  private final int[] generated; // tokens of the answer, per row
  private final Finish[] finishes; // per row; null for a NULL row

  public GeneratedRows(int rows) {
    clear(rows);
    texts = new String[rows];
    generated = new int[rows];
    finishes = new Finish[rows];
  }

  /** Returns the answer, or null. */
  public String text(int row) {
    return texts[row];
  }

  /** Returns the number of tokens of the answer, including the one that ended it. */
  @Override
  public int generatedTokens(int row) {
    return generated[row];
  }

  /** Returns why the answer ended; null for a NULL row. */
  public Finish finish(int row) {
    return finishes[row];
  }

  public void setAnswer(int row, String text, int tokens, Finish finish) {
    texts[row] = text;
    generated[row] = tokens;
    finishes[row] = finish;
    setDone(row);
  }

  /**
   * Replaces the answer of a row by an error; how the answer ended and its number of tokens remain.
   */
  public void reject(int row, EmbarkException error) {
    texts[row] = null;
    super.setError(row, error);
  }

  @Override
  public void setError(int row, EmbarkException error) {
    super.setError(row, error);
    finishes[row] = Finish.ERROR;
  }
}
