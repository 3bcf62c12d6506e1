package dev.embark.spark.models;

import java.util.Locale;
import org.apache.spark.SparkConf;

/**
 * What models and contexts of an executor may take outside the Java heap.
 *
 * <p>{@code spark.embark.memory} where it is set. On YARN and Kubernetes the memory overhead, which
 * is what the container has beside the heap. Elsewhere what the machine, or the control group that
 * this process runs in, has beside the heap.
 *
 * @param bytes the limit
 * @param slots tasks that run at once
 * @param container whether {@code spark.executor.memoryOverhead} makes it larger
 */
record MemoryLimit(long bytes, int slots, boolean container) {
  private static final long MB = 1L << 20;
  private static final String OVERHEAD = "spark.executor.memoryOverhead";
  // Spark's own defaults.
  private static final String MINIMUM_OVERHEAD = "384m";
  private static final double OVERHEAD_FACTOR = 0.1;

  /**
   * @param set {@code spark.embark.memory}; 0 for unset
   * @param machineBytes of the machine or of this process's control group
   * @param heapBytes the largest heap of this process
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
    double factor = conf.getDouble("spark.executor.memoryOverheadFactor", OVERHEAD_FACTOR);
    long minimum = conf.getSizeAsMb("spark.executor.minMemoryOverhead", MINIMUM_OVERHEAD);
    long share = (long) (conf.getSizeAsMb("spark.executor.memory", "1g") * factor);
    return Math.max(minimum, share) * MB;
  }

  /**
   * What to say when it is not enough.
   *
   * @param wouldDo bytes that would be
   */
  String advice(long wouldDo) {
    String size = String.format(Locale.ROOT, "%dm", (wouldDo + MB - 1) / MB);
    return container
        ? "start the executors with "
            + OVERHEAD
            + "="
            + size
            + " or more, which would do for "
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
