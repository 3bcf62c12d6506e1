package dev.embark.spark.models;

import java.util.Locale;
import org.apache.spark.SparkConf;

/**
 * Limit of the memory that models and contexts of an executor may use outside the Java heap.
 *
 * <p>The limit is {@code spark.embark.memory} if set. On YARN and Kubernetes it is the memory
 * overhead, which is the container's memory outside the heap. Elsewhere it is the memory of the
 * machine, or of this process's control group, outside the heap.
 *
 * @param bytes the limit
 * @param slots number of concurrent tasks
 * @param container whether {@code spark.executor.memoryOverhead} raises the limit
 */
record MemoryLimit(long bytes, int slots, boolean container) {
  private static final long MB = 1L << 20;
  private static final String OVERHEAD = "spark.executor.memoryOverhead";
  private static final String FACTOR = "spark.executor.memoryOverheadFactor";
  // Older than the other, which wins. Spark sets it to 0.4 for an application in Python.
  private static final String KUBERNETES_FACTOR = "spark.kubernetes.memoryOverheadFactor";
  // Spark's own defaults.
  private static final String MINIMUM_OVERHEAD = "384m";
  private static final double OVERHEAD_FACTOR = 0.1;

  /**
   * @param set {@code spark.embark.memory} in bytes; 0 if unset
   * @param machineBytes memory of the machine or of this process's control group
   * @param heapBytes maximum heap size of this process
   */
  static MemoryLimit of(SparkConf conf, long set, long machineBytes, long heapBytes, int slots) {
    String master = conf.get("spark.master", "");
    boolean container = master.startsWith("yarn") || master.startsWith("k8s");
    if (set > 0) {
      return new MemoryLimit(set, slots, false);
    }
    return container
        ? new MemoryLimit(overhead(conf), slots, true)
        : new MemoryLimit(Math.max(0, machineBytes - heapBytes), slots, false);
  }

  private static long overhead(SparkConf conf) {
    if (conf.contains(OVERHEAD)) {
      return conf.getSizeAsBytes(OVERHEAD, "0") == 0
          ? 0
          : conf.getSizeAsMb(OVERHEAD, MINIMUM_OVERHEAD) * MB;
    }
    double factor =
        conf.getDouble(
            FACTOR,
            conf.get("spark.master", "").startsWith("k8s")
                ? conf.getDouble(KUBERNETES_FACTOR, OVERHEAD_FACTOR)
                : OVERHEAD_FACTOR);
    long minimum = conf.getSizeAsMb("spark.executor.minMemoryOverhead", MINIMUM_OVERHEAD);
    long share = (long) (conf.getSizeAsMb("spark.executor.memory", "1g") * factor);
    return Math.max(minimum, share) * MB;
  }

  /**
   * The advice in the message when the limit is exceeded.
   *
   * @param sufficient bytes that would be sufficient
   */
  String advice(long sufficient) {
    String size = String.format(Locale.ROOT, "%dm", (sufficient + MB - 1) / MB);
    return container
        ? "start the executors with "
            + OVERHEAD
            + "="
            + size
            + " or more, which is enough for "
            + slots
            + (slots == 1 ? " task" : " tasks at once")
        : "it takes "
            + size
            + " for "
            + slots
            + (slots == 1 ? " task" : " tasks at once")
            + "; give the heap (spark.executor.memory) less or the machine more, or run fewer"
            + " tasks at once (spark.executor.cores)";
  }
}
