package dev.embark.spark;

import dev.embark.engine.EmbedOptions;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.util.TaskCompletionListener;

/**
 * What the driver sends to every task of the operator, as plain values.
 *
 * @param text over the columns of {@code input}
 * @param access to the model
 * @param outputs what each of {@code results} holds
 * @param input columns of the child
 * @param results columns that are added
 */
record EmbedTask(
    Expression text,
    EmbedOptions options,
    ModelAccess access,
    List<EmbedOutput> outputs,
    List<Attribute> input,
    List<Attribute> results,
    EmbedMetrics metrics,
    EmbedProgress.Totals totals)
    implements FlatMapFunction<Iterator<InternalRow>, InternalRow> {

  @Override
  public Iterator<InternalRow> call(Iterator<InternalRow> rows) {
    EmbedPartition partition = new EmbedPartition(this, rows, TaskContext.get());
    TaskCompletionListener atEnd = context -> partition.close();
    TaskContext.get().addTaskCompletionListener(atEnd);
    return partition;
  }
}
