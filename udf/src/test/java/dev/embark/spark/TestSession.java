package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.util.ArrowUtils;

/** A Spark session with Embark found through the service file, and what has to be left behind. */
final class TestSession {
  private TestSession() {}

  static SparkSession start(String master) {
    return SparkSession.builder()
        .master(master)
        .appName("test")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.embark.cacheDir", System.getProperty("basedir") + "/target/models")
        .config("spark.sql.warehouse.dir", System.getProperty("java.io.tmpdir") + "/warehouse")
        .getOrCreate();
  }

  /** Stops the session; no engine is leased and no Arrow byte is held any more. */
  static void stop(SparkSession spark) {
    spark.stop();
    assertThat(ExecutorModels.leased()).isZero();
    ExecutorModels.closeAll();
    assertThat(ArrowUtils.rootAllocator().getAllocatedMemory()).isZero();
  }
}
