package dev.embark.job;

import org.apache.spark.sql.SparkSession;

/** The one Spark of a test JVM: two cores of this machine. */
final class LocalSpark {
  private static final SparkSession SESSION =
      SparkSession.builder()
          .master("local[2]")
          .appName("tests")
          .config("spark.ui.enabled", "false")
          .config("spark.sql.shuffle.partitions", "2")
          .config(
              "spark.sql.warehouse.dir",
              System.getProperty("java.io.tmpdir")
                  + "/embark-job-tests-"
                  + ProcessHandle.current().pid())
          .getOrCreate();

  private LocalSpark() {}

  static SparkSession session() {
    return SESSION;
  }
}
