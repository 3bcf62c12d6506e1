package dev.embark.job.sink;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import dev.embark.job.cli.ChunkColumns;
import dev.embark.job.cli.Failures;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.state.Columns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** SQL statements that write to an existing table, and their rehearsal. */
final class TableStatements {
  // Marks the chunks of a text that are to be deleted.
  private static final String GONE = "_embark_gone";
  private static final String PLANNING_ERROR = "Error occurred during query planning:";

  private final SparkSession spark;
  private final JobSpec spec;
  private final String reference;

  /**
   * @param reference SQL reference of the table
   */
  TableStatements(SparkSession spark, JobSpec spec, String reference) {
    this.spark = spark;
    this.spec = spec;
    this.reference = reference;
  }

  /**
   * Returns why the table does not take rows with these columns; empty if it does. EXPLAIN analyses
   * a statement as its execution does, and does not run it.
   */
  Optional<String> refusal(StructType columns) {
    StructType known = known(columns);
    if (spec.explodesChunks()) {
      known = known.add(GONE, DataTypes.BooleanType);
    }
    String view = "embark_rehearsal_" + UUID.randomUUID().toString().replace("-", "");
    spark.createDataFrame(List.of(), known).createOrReplaceTempView(view);
    try {
      String plan =
          spark
              .sql("EXPLAIN " + statement(List.of(known(columns).fieldNames()), view))
              .collectAsList()
              .stream()
              .map(row -> row.getString(0))
              .collect(Collectors.joining("\n"));
      return plan.startsWith(PLANNING_ERROR)
          ? Optional.of(
              Failures.sentence(
                  new IllegalArgumentException(plan.substring(PLANNING_ERROR.length()))))
          : Optional.empty();
    } finally {
      spark.catalog().dropTempView(view);
    }
  }

  /** Returns the columns without a result column that the run will add to the table. */
  private StructType known(StructType columns) {
    String[] there = spark.table(reference).columns();
    StructType known = new StructType();
    for (StructField field : columns.fields()) {
      boolean isAdded =
          field.name().equals(spec.resultColumn())
              && Arrays.stream(there).noneMatch(field.name()::equalsIgnoreCase);
      known = isAdded ? known : known.add(field.name(), field.dataType());
    }
    return known;
  }

  private String statement(List<String> columns, String view) {
    return spec.idColumn().isPresent()
        ? merge(columns, List.of(), "", view)
        : "INSERT INTO %s BY NAME SELECT %s FROM %s"
            .formatted(reference, joined(columns, TableStatements::quoted), view);
  }

  /** Replaces the rows of a wave by their id and inserts new ones, in one commit. */
  void merge(Sink.Commit commit) {
    String view = "embark_wave_" + commit.run().id();
    Dataset<Row> rows = spec.explodesChunks() ? withGoneChunks(commit.rows()) : commit.rows();
    rows.createOrReplaceTempView(view);
    try {
      spark.sql(
          merge(
              List.of(commit.rows().columns()), // without the mark
              commit.otherEmbeddings(),
              commit.textColumn(),
              view));
    } finally {
      spark.catalog().dropTempView(view);
    }
  }

  /** Adds the chunks that the table has of the same texts and the rows have no longer. */
  private Dataset<Row> withGoneChunks(Dataset<Row> rows) {
    String id = spec.idColumn().orElseThrow();
    String newId = "_embark_id";
    String newPosition = "_embark_position";
    Dataset<Row> now =
        rows.select(
            Columns.quoted(id).as(newId), Columns.quoted(ChunkColumns.POSITION).as(newPosition));
    Column isSameText = Columns.quoted(id).equalTo(col(newId));
    Dataset<Row> gone =
        spark
            .table(reference)
            .select(Columns.quoted(id), Columns.quoted(ChunkColumns.POSITION))
            .distinct()
            .join(now, isSameText, "left_semi")
            .join(
                now,
                isSameText.and(Columns.quoted(ChunkColumns.POSITION).eqNullSafe(col(newPosition))),
                "left_anti")
            .localCheckpoint(); // Spark 4.1 plans no MERGE whose view reads an Iceberg table
    return rows.withColumn(GONE, lit(false)).unionByName(gone.withColumn(GONE, lit(true)), true);
  }

  /**
   * Returns the statement that replaces rows by their id and inserts new ones.
   *
   * @param otherEmbeddings result columns that become NULL where the text has changed
   * @param view view of the rows to write
   */
  private String merge(
      List<String> columns, List<String> otherEmbeddings, String textColumn, String view) {
    List<String> updates = new ArrayList<>();
    columns.forEach(c -> updates.add("t.%1$s = s.%1$s".formatted(quoted(c))));
    for (String other : otherEmbeddings) {
      updates.add(
          "t.%1$s = CASE WHEN t.%2$s <=> s.%2$s THEN t.%1$s END"
              .formatted(quoted(other), quoted(textColumn)));
    }
    boolean isOfChunks = spec.explodesChunks();
    return "MERGE INTO %s t USING %s s ON t.%3$s = s.%3$s"
            .formatted(reference, view, quoted(spec.idColumn().orElseThrow()))
        + (isOfChunks ? " AND t.%1$s <=> s.%1$s".formatted(quoted(ChunkColumns.POSITION)) : "")
        + (isOfChunks ? " WHEN MATCHED AND s.%s THEN DELETE".formatted(GONE) : "")
        + " WHEN MATCHED THEN UPDATE SET "
        + String.join(", ", updates)
        + " WHEN NOT MATCHED"
        + (isOfChunks ? " AND NOT s.%s".formatted(GONE) : "")
        + " THEN INSERT ("
        + joined(columns, TableStatements::quoted)
        + ") VALUES ("
        + joined(columns, c -> "s." + quoted(c))
        + ")";
  }

  private static String joined(List<String> columns, UnaryOperator<String> each) {
    return columns.stream().map(each).collect(Collectors.joining(", "));
  }

  /** Returns a name as an SQL identifier. */
  static String quoted(String name) {
    return "`" + name.replace("`", "``") + "`";
  }
}
