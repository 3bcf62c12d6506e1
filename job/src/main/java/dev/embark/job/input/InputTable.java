package dev.embark.job.input;

import static org.apache.spark.sql.functions.col;

import dev.embark.job.cli.InputFormat;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.state.Paths;
import java.util.Optional;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A Delta or Iceberg table that is the input of a run.
 *
 * @param format {@code delta} or {@code iceberg}
 * @param name path or name of the table
 * @param id unique id of the table; empty for Iceberg, whose snapshot ids are unique
 * @param version newest version or, for Iceberg, snapshot
 */
public record InputTable(String format, String name, String id, long version) {
  public static final String DELTA = "delta";
  public static final String ICEBERG = TableFolder.ICEBERG;

  /**
   * Looks up the newest version of an input; empty if the input is no such table, or if options
   * select a version or branch of it.
   *
   * @param format format of the input as {@link Source.Input} names it
   */
  static Optional<InputTable> of(SparkSession spark, JobSpec spec, String format) {
    if (spec.idColumn().isEmpty()
        || !spec.inputSpec().options().isEmpty()
        || spark.conf().getOption("spark.wap.branch").isDefined()) {
      return Optional.empty();
    }
    try {
      return switch (format) {
        case DELTA -> delta(spark, Paths.qualified(spark, spec.input()));
        case TableFolder.ICEBERG -> iceberg(spark, Paths.qualified(spark, spec.input()));
        case InputFormat.TABLE -> named(spark, spec.input());
        default -> Optional.empty();
      };
    } catch (Exception e) {
      // A table that cannot be read is reported when its rows are; without a version, a run
      // compares
      // all rows.
      return Optional.empty();
    }
  }

  private static Optional<InputTable> named(SparkSession spark, String name) {
    String provider =
        spark
            .sql("DESCRIBE TABLE EXTENDED " + name)
            .where("col_name = 'Provider'")
            .select("data_type")
            .collectAsList()
            .stream()
            .map(row -> row.getString(0))
            .reduce("", (first, last) -> last);
    return switch (provider) {
      case DELTA -> delta(spark, name);
      case TableFolder.ICEBERG -> iceberg(spark, name);
      default -> Optional.empty();
    };
  }

  private static Optional<InputTable> delta(SparkSession spark, String name) {
    String reference = isPath(name) ? "delta.`%s`".formatted(name.replace("`", "``")) : name;
    long version =
        spark.sql("DESCRIBE HISTORY " + reference + " LIMIT 1").select("version").head().getLong(0);
    String id = spark.sql("DESCRIBE DETAIL " + reference).select("id").head().getString(0);
    return Optional.of(new InputTable(DELTA, name, id, version));
  }

  private static Optional<InputTable> iceberg(SparkSession spark, String name) {
    InputTable table = new InputTable(ICEBERG, name, "", 0);
    if (isPath(name)) {
      TableFolder.setIcebergCatalog(spark);
    }
    return table
        .metadata(spark.read(), "refs")
        .where(col("name").equalTo("main"))
        .select("snapshot_id")
        .collectAsList()
        .stream()
        .findFirst()
        .map(row -> new InputTable(ICEBERG, name, "", row.getLong(0)));
  }

  /** Reads a metadata table of an Iceberg table. */
  public Dataset<Row> metadata(DataFrameReader reader, String table) {
    return isPath(name)
        ? reader.format(ICEBERG).load(name + "#" + table)
        : reader.table(name + "." + table);
  }

  /** Reads the table itself with a reader that has options. */
  public Dataset<Row> read(DataFrameReader reader) {
    return isPath(name) ? reader.format(format).load(name) : reader.table(name);
  }

  private static boolean isPath(String name) {
    return !InputFormat.isTableName(name);
  }
}
