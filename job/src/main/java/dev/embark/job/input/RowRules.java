package dev.embark.job.input;

import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;

import dev.embark.job.cli.ChunkColumns;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.sink.Sink;
import dev.embark.job.state.Columns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructField;

/** Rejects rows that an existing table would reject when a wave is committed. */
public final class RowRules {
  private final JobSpec spec;
  private final Sink sink;

  public RowRules(JobSpec spec, Sink sink) {
    this.spec = spec;
    this.sink = sink;
  }

  /**
   * Scans all rows if the output has rules.
   *
   * @param textColumn text column, in which NULL makes the result NULL
   * @throws UserError naming the first rule that a row violates
   */
  public void check(Dataset<Row> input, String textColumn) {
    List<Sink.Rule> rules = sink.rules();
    if (rules.isEmpty()) {
      return;
    }
    Dataset<Row> rows = withColumnsOfTable(input, textColumn);
    List<Sink.Rule> checked = new ArrayList<>();
    List<Column> counts = new ArrayList<>();
    for (Sink.Rule rule : rules) {
      Optional<Column> count = count(rows, rule);
      if (count.isPresent()) {
        checked.add(rule);
        counts.add(count.get());
      }
    }
    if (counts.isEmpty()) {
      return;
    }
    Row found = rows.select(counts.toArray(Column[]::new)).head();
    for (int i = 0; i < checked.size(); i++) {
      if (found.getLong(i) > 0) {
        throw violated(rows, checked.get(i), found.getLong(i));
      }
    }
  }

  /** Adds the columns that the input lacks as NULL, and the result as a copy of the text. */
  private Dataset<Row> withColumnsOfTable(Dataset<Row> input, String textColumn) {
    Dataset<Row> rows = input.withColumn(spec.resultColumn(), Columns.quoted(textColumn));
    if (spec.explodesChunks()) {
      for (String column : ChunkColumns.ALL) {
        boolean isText = column.equals(ChunkColumns.TEXT);
        rows = rows.withColumn(column, isText ? Columns.quoted(textColumn) : lit(0));
      }
    }
    for (StructField field : sink.columns().fields()) {
      if (Arrays.stream(rows.columns()).noneMatch(field.name()::equalsIgnoreCase)) {
        rows = rows.withColumn(field.name(), lit(null).cast(field.dataType()));
      }
    }
    return rows;
  }

  /**
   * Returns the number of rows that violate a rule; empty if that depends on the results, which are
   * not of the type of a text.
   */
  private static Optional<Column> count(Dataset<Row> rows, Sink.Rule rule) {
    Column count = count_if(expr(rule.violation()));
    try {
      rows.select(count);
      return Optional.of(count);
    } catch (Exception e) {
      if (e instanceof AnalysisException) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private UserError violated(Dataset<Row> read, Sink.Rule rule, long count) {
    String which =
        spec.idColumn()
            .map(
                id ->
                    ", such as %s %s"
                        .formatted(
                            id,
                            read.where(rule.violation()).select(Columns.quoted(id)).head().get(0)))
            .orElse("");
    String rows =
        count == 1
            ? "1 row of %s violates the rule".formatted(spec.input())
            : "%d rows of %s violate the rule".formatted(count, spec.input());
    return new UserError(
        "%s %s of %s%s; correct or leave out such rows with --query, or change the table"
            .formatted(rows, rule.name(), sink.location(), which));
  }
}
