package dev.embark.job;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Prints rows in aligned columns. Widths are fixed after the first {@link #SAMPLED_ROWS} rows so
 * that long results stream; a later, wider cell extends its line.
 */
final class TablePrinter {
  static final int SAMPLED_ROWS = 1000;

  private final PrintStream out;
  private final StructField[] columns;
  private final List<String[]> waiting = new ArrayList<>();
  private int[] widths;

  TablePrinter(StructType schema, PrintStream out) {
    this.columns = schema.fields();
    this.out = out;
  }

  /** Prints a row, buffering it until the widths are known. */
  void print(Row row) {
    String[] cells = new String[columns.length];
    for (int i = 0; i < cells.length; i++) {
      cells[i] = CellFormat.format(row.get(i));
    }
    if (widths != null) {
      printLine(cells);
      return;
    }
    waiting.add(cells);
    if (waiting.size() == SAMPLED_ROWS) {
      printWaiting();
    }
  }

  /** Prints buffered rows after the last row and flushes the stream without closing it. */
  void finish() {
    if (widths == null) {
      printWaiting();
    }
    out.flush();
  }

  private void printWaiting() {
    String[] names = new String[columns.length];
    String[] rules = new String[columns.length];
    widths = new int[columns.length];
    for (int i = 0; i < columns.length; i++) {
      names[i] = CellFormat.format(columns[i].name());
      widths[i] = width(names[i]);
      for (String[] cells : waiting) {
        widths[i] = Math.max(widths[i], width(cells[i]));
      }
      rules[i] = "-".repeat(widths[i]);
    }
    printLine(names);
    printLine(rules);
    waiting.forEach(this::printLine);
    waiting.clear();
  }

  private void printLine(String[] cells) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < cells.length; i++) {
      String padding = " ".repeat(Math.max(0, widths[i] - width(cells[i])));
      boolean number = columns[i].dataType() instanceof NumericType;
      line.append(i == 0 ? "" : "  ").append(number ? padding + cells[i] : cells[i] + padding);
    }
    out.println(line.toString().stripTrailing());
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }
}
