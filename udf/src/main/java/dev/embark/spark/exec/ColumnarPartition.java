package dev.embark.spark.exec;

import dev.embark.spark.rows.TextWindow;
import java.util.Arrays;
import java.util.Iterator;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.vectorized.ArrowColumnVector;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * Iterator over the columnar batches of one partition that appends the embeddings as an Arrow
 * {@code List<Float>} column. A batch is valid until the next call of {@link #next()}: its other
 * columns belong to the child operator, and the end of the task frees the Arrow memory.
 */
final class ColumnarPartition implements Iterator<ColumnarBatch> {
  private final Iterator<ColumnarBatch> input;
  private final RowPartition.Rows<InternalRow> rows;
  private final WindowProcessor processor;
  private final TextWindow window = new TextWindow();

  /**
   * @param processor closed at the end of the task
   */
  ColumnarPartition(
      Iterator<ColumnarBatch> input,
      RowPartition.Rows<InternalRow> rows,
      WindowProcessor processor) {
    this.input = input;
    this.rows = rows;
    this.processor = processor;
  }

  @Override
  public boolean hasNext() {
    return input.hasNext();
  }

  @Override
  public ColumnarBatch next() {
    ColumnarBatch batch = input.next();
    window.clear();
    batch.rowIterator().forEachRemaining(row -> window.add(rows.text(row)));
    processor.embed(window);
    ColumnVector[] columns = new ColumnVector[batch.numCols() + 1];
    Arrays.setAll(columns, i -> i < batch.numCols() ? batch.column(i) : null);
    columns[batch.numCols()] = new ArrowColumnVector(processor.vector());
    return new ColumnarBatch(columns, batch.numRows());
  }
}
