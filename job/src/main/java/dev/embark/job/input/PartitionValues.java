package dev.embark.job.input;

import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.expr;

import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.OutputSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.state.Columns;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StringType;

/**
 * Rejects values of {@code --partition-by} columns that would be read back as NULL. NULL and the
 * empty string share one folder name, and a string equal to that name is read as NULL.
 */
public final class PartitionValues {
  private static final List<String> LOST = List.of("", "__HIVE_DEFAULT_PARTITION__");

  /** A value that a partition folder cannot represent. */
  private record Case(String column, String value) {
    Column isThere() {
      return expr("CAST(`%s` AS STRING) = '%s'".formatted(column.replace("`", "``"), value));
    }
  }

  private PartitionValues() {}

  /**
   * Scans the partition columns of all rows for such strings.
   *
   * @throws UserError if a value would be lost
   */
  public static void check(JobSpec spec, Dataset<Row> rows) {
    OutputSpec output = spec.outputSpec();
    if (output.format() == OutputSpec.Format.ICEBERG) {
      return; // stores partition values in metadata instead of folder names
    }
    List<Case> cases = new ArrayList<>();
    for (String column : output.partitionBy()) {
      DataType type = rows.select(Columns.quoted(column)).schema().apply(0).dataType();
      if (type instanceof StringType) {
        LOST.forEach(value -> cases.add(new Case(column, value)));
      }
    }
    if (cases.isEmpty()) {
      return;
    }
    Column[] counts = cases.stream().map(c -> count_if(c.isThere())).toArray(Column[]::new);
    Row found = rows.select(counts).head();
    for (int i = 0; i < cases.size(); i++) {
      if (found.getLong(i) > 0) {
        throw lost(spec, cases.get(i), found.getLong(i));
      }
    }
  }

  private static UserError lost(JobSpec spec, Case lost, long rows) {
    return new UserError(
        "%s of %s %s '%s' in %s, which %s would read back as NULL because it stores partition values as folder names; replace it with --query, such as by nullif(%s, '%s'), leave %s out of --partition-by, or write --output-format iceberg"
            .formatted(
                rows == 1 ? "1 row" : rows + " rows",
                spec.input(),
                rows == 1 ? "has" : "have",
                lost.value(),
                lost.column(),
                spec.outputSpec().format(),
                lost.column(),
                lost.value(),
                lost.column()));
  }
}
