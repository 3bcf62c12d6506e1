package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.llama.NativeHandles;
import dev.embark.spark.models.ExecutorModels;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.util.ArrowUtils;

/**
 * A local Spark session that discovers Embark through the service file, and checks for leaks after
 * tests.
 */
public final class TestSession {
  private TestSession() {}

  public static SparkSession start(String master) {
    return builder(master).getOrCreate();
  }

  static SparkSession.Builder builder(String master) {
    return SparkSession.builder()
        .master(master)
        .appName("test")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.embark.cacheDir", System.getProperty("basedir") + "/target/models")
        .config("spark.sql.warehouse.dir", System.getProperty("java.io.tmpdir") + "/warehouse");
  }

  /**
   * Runs work concurrently with the test on a separate thread. With two cores, the common pool of
   * Java 25 has one thread, which Hadoop uses to read files.
   */
  public static <T> CompletableFuture<T> concurrently(Supplier<T> work) {
    return CompletableFuture.supplyAsync(
        work, task -> new Thread(task, "concurrent work of a test").start());
  }

  /**
   * Polls a condition that has no notification; up to minutes, since a software-emulated device is
   * slow.
   */
  public static void waitFor(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofMinutes(3).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited for minutes").isLessThan(end);
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Stops the session and checks for leaks. */
  public static void stop(SparkSession spark) {
    spark.stop();
    assertNothingIsHeld();
  }

  /**
   * Asserts that no engine is leased, no Arrow memory is allocated and, without the idle engines,
   * no native handle is open.
   */
  static void assertNothingIsHeld() {
    assertThat(ExecutorModels.leased()).as("leased engines").isZero();
    assertThat(ArrowUtils.rootAllocator().getAllocatedMemory()).as("bytes of Arrow").isZero();
    ExecutorModels.closeAll();
    assertThat(NativeHandles.open()).as("native models, contexts and batches").isZero();
  }
}
