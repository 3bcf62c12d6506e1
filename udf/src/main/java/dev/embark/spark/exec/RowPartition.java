package dev.embark.spark.exec;

import dev.embark.spark.rows.TextWindow;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Iterator over the rows of one partition that reads ahead a window of rows, evaluates each
 * distinct text of the window once, and returns the rows in input order with the results appended.
 *
 * @param <R> the row type: Spark's internal rows or those of its public API
 */
final class RowPartition<R> implements Iterator<R> {
  /**
   * Row access for one row type.
   *
   * @param <R> the row type
   */
  interface Rows<R> {
    /** A copy of the row's text in UTF-8; null for NULL. */
    byte[] text(R row);

    /** A row that stays valid while later rows are read; a copy if Spark reuses the row. */
    R keep(R row);

    /** Approximate size of a kept row in bytes. */
    long bytes(R kept);

    /** The row with the results appended. */
    R with(R kept, Object[] values);
  }

  // The first window is small, so that a query with a small LIMIT evaluates few rows.
  private static final int FIRST_WINDOW_ROWS = 64;
  private static final int MAX_WINDOW_ROWS = 4096;
  private static final int WINDOW_GROWTH = 4;
  private static final long MAX_WINDOW_BYTES =
      16L << 20; // separately for the rows and for the results

  private final Rows<R> access;
  private final Iterator<R> input;
  private final WindowProcessor processor;
  private final TextWindow window = new TextWindow();
  private final List<R> rows = new ArrayList<>();
  private int windowRows = FIRST_WINDOW_ROWS;
  private int next;

  /**
   * @param processor closed at the end of the task
   */
  RowPartition(Rows<R> access, Iterator<R> input, WindowProcessor processor) {
    this.access = access;
    this.input = input;
    this.processor = processor;
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
      processor.embed(window);
      windowRows = Math.min(windowRows * WINDOW_GROWTH, maxWindowRows());
    }
    int row = next++;
    return access.with(rows.get(row), processor.values(row));
  }

  private int maxWindowRows() {
    long byResults = MAX_WINDOW_BYTES / processor.rowBytes();
    return (int) Math.max(FIRST_WINDOW_ROWS, Math.min(MAX_WINDOW_ROWS, byResults));
  }

  private void readAhead() {
    rows.clear();
    window.clear();
    next = 0;
    long bytes = 0;
    while (rows.size() < windowRows && bytes < MAX_WINDOW_BYTES && input.hasNext()) {
      R row = input.next();
      byte[] text = access.text(row);
      R kept = access.keep(row);
      window.add(text);
      rows.add(kept);
      bytes += access.bytes(kept) + (text == null ? 0 : text.length);
    }
  }
}
