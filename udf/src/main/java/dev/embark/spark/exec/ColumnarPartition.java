package dev.embark.spark.exec;

import dev.embark.spark.rows.TextWindow;
import java.util.Arrays;
import java.util.Iterator;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.vectorized.ArrowColumnVector;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * The batches of one partition, each with its embeddings as one more column, an Arrow {@code
 * List<Float>}. A batch is valid until the next one: its other columns are the child's, and what
 * Arrow holds is freed at the end of the task.
 */
final class ColumnarPartition implements Iterator<ColumnarBatch> {
  private final Iterator<ColumnarBatch> input;
  private final RowPartition.Rows<InternalRow> rows;
  private final WindowProcessor embedder;
  private final TextWindow window = new TextWindow();

  /**
   * @param embedder which the end of the task closes
   */
  ColumnarPartition(
      Iterator<ColumnarBatch> input,
      RowPartition.Rows<InternalRow> rows,
      WindowProcessor embedder) {
    this.input = input;
    this.rows = rows;
    this.embedder = embedder;
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
    embedder.embed(window);
    ColumnVector[] columns = new ColumnVector[batch.numCols() + 1];
    Arrays.setAll(columns, i -> i < batch.numCols() ? batch.column(i) : null);
    columns[batch.numCols()] = new ArrowColumnVector(embedder.vector());
    return new ColumnarBatch(columns, batch.numRows());
  }
}
