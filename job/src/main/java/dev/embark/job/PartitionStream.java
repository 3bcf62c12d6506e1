package dev.embark.job;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;

/**
 * Streams rows to the driver in order, in groups of as many partitions as the cluster computes
 * concurrently. The driver holds at most one group, and no core waits for the rows of another.
 */
final class PartitionStream {
  private PartitionStream() {}

  /**
   * Passes each row to {@code sink} on the calling thread, until all are consumed or {@code done}
   * is true.
   */
  static <T> void forEach(JavaRDD<T> rows, Consumer<? super T> sink, BooleanSupplier done) {
    int count = rows.getNumPartitions();
    int atOnce = Math.max(1, rows.context().defaultParallelism());
    for (int from = 0; from < count && !done.getAsBoolean(); from += atOnce) {
      int[] ids = IntStream.range(from, Math.min(from + atOnce, count)).toArray();
      for (List<T> partition : rows.collectPartitions(ids)) {
        partition.forEach(sink);
      }
    }
  }
}
