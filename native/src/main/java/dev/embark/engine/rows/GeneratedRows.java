package dev.embark.engine.rows;

/** What became of each prompt of a window. */
public final class GeneratedRows extends RowOutcomes {
  private final String[] texts; // of each row; null where there is none
  private final int[] generated; // tokens of each row's text
  private final Finish[] finishes; // of each row; null for NULL

  public GeneratedRows(int rows) {
    clear(rows);
    texts = new String[rows];
    generated = new int[rows];
    finishes = new Finish[rows];
  }

  /** The answer, or null. */
  public String text(int row) {
    return texts[row];
  }

  /** Tokens of the answer, the one that ended it included. */
  @Override
  public int generatedTokens(int row) {
    return generated[row];
  }

  /** Why the answer ended; null for a NULL row. */
  public Finish finish(int row) {
    return finishes[row];
  }

  public void setAnswer(int row, String text, int tokens, Finish finish) {
    texts[row] = text;
    generated[row] = tokens;
    finishes[row] = finish;
    setDone(row);
  }

  @Override
  public void setError(int row, EmbarkException error) {
    super.setError(row, error);
    finishes[row] = Finish.ERROR;
  }
}
