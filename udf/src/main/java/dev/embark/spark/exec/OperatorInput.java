package dev.embark.spark.exec;

import dev.embark.spark.compat.Scala;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.JoinedRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;

/**
 * Input and output columns of a model operator, serialised to its tasks.
 *
 * @param text the text expression, over {@code columns}
 * @param columns the child's output
 * @param results the result columns, appended to {@code columns}
 */
record OperatorInput(Expression text, List<Attribute> columns, List<Attribute> results)
    implements Serializable {

  /** Compiles the projections. Called in a task; the result belongs to the calling thread. */
  RowPartition.Rows<InternalRow> open() {
    return new Rows();
  }

  private final class Rows implements RowPartition.Rows<InternalRow> {
    private final UnsafeProjection textOf;
    private final UnsafeProjection joined;
    private final JoinedRow joinedRow = new JoinedRow();

    Rows() {
      textOf =
          UnsafeProjection.create(
              Scala.<Expression>seq(List.of(text)), Scala.<Attribute>seq(columns));
      textOf.initialize(TaskContext.getPartitionId());
      List<Attribute> output = new ArrayList<>(columns);
      output.addAll(results);
      joined = UnsafeProjection.create(Scala.<Expression>seq(output), Scala.<Attribute>seq(output));
    }

    @Override
    public byte[] text(InternalRow row) {
      UnsafeRow projected = textOf.apply(row);
      return projected.isNullAt(0) ? null : projected.getUTF8String(0).getBytes();
    }

    @Override
    public InternalRow keep(InternalRow row) {
      return row.copy();
    }

    @Override
    public long bytes(InternalRow kept) {
      return kept instanceof UnsafeRow unsafe ? unsafe.getSizeInBytes() : 0;
    }

    @Override
    public InternalRow with(InternalRow kept, Object[] values) {
      return joined.apply(joinedRow.apply(kept, new GenericInternalRow(values)));
    }
  }
}
