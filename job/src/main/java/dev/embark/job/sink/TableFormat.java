package dev.embark.job.sink;

import dev.embark.job.cli.OutputSpec;
import dev.embark.job.cli.UserError;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.DataSource;

/** What a Spark session needs for Delta and Iceberg, which users add to it. */
final class TableFormat {
  private static final String EXTENSIONS = "spark.sql.extensions";
  private static final String CATALOG = "spark.sql.catalog.";
  private static final String SESSION_CATALOG = CATALOG + "spark_catalog";
  private static final String DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension";
  private static final String DELTA_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog";
  private static final String ICEBERG_CATALOG = "org.apache.iceberg.spark.SparkCatalog";

  private TableFormat() {}

  /**
   * Looks up the format of an output as a write does.
   *
   * @throws UserError naming what to add, if this Spark does not have the format
   */
  static void check(SparkSession spark, OutputSpec output) {
    try {
      DataSource.lookupDataSource(output.format().toString(), spark.sessionState().conf());
    } catch (Exception e) {
      // Scala does not declare it. The rehearsal reports other failures.
      if (e instanceof ClassNotFoundException) {
        boolean isDelta = output.format() == OutputSpec.Format.DELTA;
        throw new UserError(
            "This Spark has no %s, which --output-format %s needs; set --packages to the %s of Spark %s, %s"
                .formatted(
                    isDelta ? "Delta" : "Iceberg",
                    output.format(),
                    isDelta ? "io.delta:delta-spark" : "org.apache.iceberg:iceberg-spark-runtime",
                    spark.version(),
                    isDelta ? deltaConfs() : catalogConfs(output)),
            e);
      }
    }
  }

  /**
   * Returns what to do after a failure that a missing setting of the format explains, or else what
   * is given.
   */
  static String advice(SparkSession spark, OutputSpec output, String otherwise) {
    return switch (output.format()) {
      case DELTA ->
          isSet(spark, EXTENSIONS, DELTA_EXTENSION) && isSet(spark, SESSION_CATALOG, DELTA_CATALOG)
              ? otherwise
              : "set " + deltaConfs();
      case ICEBERG ->
          isSet(spark, CATALOG + catalog(output), "") ? otherwise : "set " + catalogConfs(output);
      default -> otherwise;
    };
  }

  private static boolean isSet(SparkSession spark, String key, String part) {
    String value = spark.conf().get(key, null);
    return value != null && value.contains(part);
  }

  private static String deltaConfs() {
    return "--conf %s=%s and --conf %s=%s"
        .formatted(EXTENSIONS, DELTA_EXTENSION, SESSION_CATALOG, DELTA_CATALOG);
  }

  private static String catalogConfs(OutputSpec output) {
    String key = CATALOG + catalog(output);
    return "--conf %s=%s, --conf %s.type=hadoop and --conf %s.warehouse=PATH, or another catalog of Iceberg"
        .formatted(key, ICEBERG_CATALOG, key, key);
  }

  /** Returns the catalog that the name of a table begins with. */
  private static String catalog(OutputSpec output) {
    String[] parts = output.output().replace("`", "").split("\\.");
    return parts.length > 2 ? parts[0] : "spark_catalog";
  }
}
