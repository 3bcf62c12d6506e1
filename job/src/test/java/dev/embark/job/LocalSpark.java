package dev.embark.job;

import org.apache.spark.sql.SparkSession;

/** The one Spark of a test JVM: two cores of this machine. */
public final class LocalSpark {
  private static final SparkSession SESSION =
      tables(SparkSession.builder())
          .master("local[2]")
          .appName("tests")
          .config("spark.ui.enabled", "false")
          .config("spark.sql.shuffle.partitions", "2")
          .config("spark.sql.warehouse.dir", warehouse("tables"))
          .getOrCreate();

  private LocalSpark() {}

  /** Whether Delta and Iceberg are here: with the Spark that they are made for. */
  public static boolean hasTables() {
    return LocalSpark.class.getResource("/io/delta/sql/DeltaSparkSessionExtension.class") != null;
  }

  /** The catalog {@code lake} has Iceberg tables, the session's own has Delta tables. */
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
