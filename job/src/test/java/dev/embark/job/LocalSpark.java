package dev.embark.job;

import org.apache.spark.sql.SparkSession;

/** The shared Spark session of a test JVM, with two local cores. */
public final class LocalSpark {
  private static final SparkSession SESSION =
      tables(SparkSession.builder())
          .master("local[2]")
          .appName("tests")
          .config("spark.ui.enabled", "false")
          // The defaults of Spark 4.
          .config("spark.sql.parquet.datetimeRebaseModeInWrite", "CORRECTED")
          .config("spark.sql.parquet.int96RebaseModeInWrite", "CORRECTED")
          .config("spark.sql.shuffle.partitions", "2")
          .config("spark.sql.warehouse.dir", warehouse("tables"))
          .getOrCreate();

  private LocalSpark() {}

  /**
   * Returns whether Delta and Iceberg are on the class path, as for the Spark versions they
   * support.
   */
  public static boolean hasTables() {
    return LocalSpark.class.getResource("/io/delta/sql/DeltaSparkSessionExtension.class") != null;
  }

  /**
   * Configures the catalog {@code lake} for Iceberg tables and the session catalog for Delta
   * tables.
   */
  private static SparkSession.Builder tables(SparkSession.Builder builder) {
    if (!hasTables()) {
      return builder;
    }
    return builder
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.databricks.delta.snapshotPartitions", "2")
        .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
        .config("spark.sql.catalog.lake.type", "hadoop")
        .config("spark.sql.catalog.lake.warehouse", warehouse("iceberg"));
  }

  private static String warehouse(String name) {
    return "%s/embark-job-tests-%d-%s"
        .formatted(System.getProperty("java.io.tmpdir"), ProcessHandle.current().pid(), name);
  }

  public static SparkSession session() {
    return SESSION;
  }
}
