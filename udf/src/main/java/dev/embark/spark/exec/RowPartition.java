package dev.embark.spark.exec;

import dev.embark.spark.rows.TextWindow;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * The rows of one partition, embedded window by window: reads ahead, embeds each distinct text of
 * the window once, and hands the rows on in their order with the results added.
 *
 * @param <R> Spark's internal rows or those of its public API
 */
final class RowPartition<R> implements Iterator<R> {
  /**
   * What is done with rows of a kind.
   *
   * @param <R> the kind
   */
  interface Rows<R> {
    /** The row's text in UTF-8, a copy; null for NULL. */
    byte[] text(R row);

    /** The row, to be kept while others are read. */
    R keep(R row);

    /** About how many bytes a kept row takes. */
    long bytes(R kept);

    /** The row with the values of the outputs. */
    R with(R kept, Object[] values);
  }

  // The first window is small, so that a query that wants a few rows embeds only a few.
  private static final int FIRST_WINDOW_ROWS = 64;
  private static final int MAX_WINDOW_ROWS = 4096;
  private static final int WINDOW_GROWTH = 4;
  private static final long MAX_WINDOW_BYTES = 16L << 20; // of rows, and of results

  private final Rows<R> kind;
  private final Iterator<R> input;
  private final WindowProcessor embedder;
  private final TextWindow window = new TextWindow();
  private final List<R> rows = new ArrayList<>();
  private int windowRows = FIRST_WINDOW_ROWS;
  private int next;

  /**
   * @param embedder which the end of the task closes
   */
  RowPartition(Rows<R> kind, Iterator<R> input, WindowProcessor embedder) {
    this.kind = kind;
    this.input = input;
    this.embedder = embedder;
  }

  @Override
  public boolean hasNext() {
    return next < rows.size() || input.hasNext();
  }

  @Override
  public R next() {
    if (next == rows.size()) {
      if (!input.hasNext()) {
        throw new NoSuchElementException();
      }
      readAhead();
      embedder.embed(window);
      windowRows = Math.min(windowRows * WINDOW_GROWTH, maxWindowRows());
    }
    int row = next++;
    return kind.with(rows.get(row), embedder.values(row));
  }

  private int maxWindowRows() {
    long byResults = MAX_WINDOW_BYTES / embedder.rowBytes();
    return (int) Math.max(FIRST_WINDOW_ROWS, Math.min(MAX_WINDOW_ROWS, byResults));
  }

  private void readAhead() {
    rows.clear();
    window.clear();
    next = 0;
    long bytes = 0;
    while (rows.size() < windowRows && bytes < MAX_WINDOW_BYTES && input.hasNext()) {
      R row = input.next();
      byte[] text = kind.text(row);
      R kept = kind.keep(row);
      window.add(text);
      rows.add(kept);
      bytes += kind.bytes(kept) + (text == null ? 0 : text.length);
    }
  }
}
