package dev.embark.job;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;

/**
 * Hands rows to the driver in their order, some partitions at a time: as many as the cluster
 * computes at once. The driver never holds more than those, and no core waits for another's rows.
 */
final class PartitionStream {
  private PartitionStream() {}

  /** Calls {@code sink} for each row on the calling thread, until all are seen or it is done. */
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
