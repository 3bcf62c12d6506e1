package dev.embark.job.input;

import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.countDistinct;
import static org.apache.spark.sql.functions.lit;

import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.state.Columns;
import java.util.stream.Collectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Checks that the id column identifies each row. */
public final class UniqueIds {
  private static final int IDS_SHOWN = 5;

  private final JobSpec spec;

  public UniqueIds(JobSpec spec) {
    this.spec = spec;
  }

  /**
   * Scans the ids of all rows; a no-op without an id column.
   *
   * @throws UserError if an id is NULL or not unique
   */
  public void check(Dataset<Row> rows) {
    if (spec.idColumn().isEmpty()) {
      return;
    }
    Column id = Columns.quoted(spec.idColumn().get());
    Row counts = rows.agg(count(lit(1)), count(id), countDistinct(id)).first();
    long nulls = counts.getLong(0) - counts.getLong(1);
    if (nulls > 0) {
      throw new UserError(
          "%s of %s %s no id: %s is NULL there; fill it in, drop them with --query, or go without --id-column"
              .formatted(
                  nulls == 1 ? "1 row" : nulls + " rows",
                  spec.input(),
                  nulls == 1 ? "has" : "have",
                  spec.idColumn().get()));
    }
    long repeated = counts.getLong(1) - counts.getLong(2);
    if (repeated > 0) {
      throw new UserError(
          "%s of %s %s an id (%s) that another row has too, such as %s; make ids unique with --query, or go without --id-column"
              .formatted(
                  repeated == 1 ? "1 row" : repeated + " rows",
                  spec.input(),
                  repeated == 1 ? "has" : "have",
                  spec.idColumn().get(),
                  someOfMany(rows, id)));
    }
  }

  private static String someOfMany(Dataset<Row> rows, Column id) {
    return rows
        .groupBy(id.as("id"))
        .count()
        .where("count > 1")
        .limit(IDS_SHOWN)
        .collectAsList()
        .stream()
        .map(row -> String.valueOf(row.get(0)))
        .collect(Collectors.joining(", "));
  }
}
