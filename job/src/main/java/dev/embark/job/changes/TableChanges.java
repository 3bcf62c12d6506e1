package dev.embark.job.changes;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.lower;
import static org.apache.spark.sql.functions.rank;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import dev.embark.job.input.InputTable;
import dev.embark.job.input.Source;
import dev.embark.job.state.Columns;
import dev.embark.job.state.Manifest;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.storage.StorageLevel;

/**
 * Changes of a table between two of its versions, reduced to the newest row of each id: from
 * Delta's change data feed or from Iceberg's changelog. Both give a row for each row that a commit
 * adds or removes.
 */
final class TableChanges {
  private static final String KIND = "_change_type";
  private static final String IS_THERE = "_embark_there";
  private static final String RANK = "_embark_rank";

  private final SparkSession spark;
  private final Source.Input input;
  private final InputTable table;
  private final Column id;

  TableChanges(SparkSession spark, Source.Input input, InputTable table, String id) {
    this.spark = spark;
    this.input = input;
    this.table = table;
    this.id = Columns.quoted(id);
  }

  /**
   * Returns the changes since a version.
   *
   * @throws RuntimeException if the table has no record of them, as Delta and Iceberg report it
   */
  Changes since(long version) {
    boolean isDelta = table.format().equals(InputTable.DELTA);
    Dataset<Row> last =
        version == table.version()
            ? lastOfEachId(noChange(), col("_commit_version"))
            : lastOfEachId(
                isDelta ? feed(version) : changelog(version),
                col(isDelta ? "_commit_version" : "_change_ordinal"));
    // Read once, and fails here if a version or a file of the record has expired. A join could not
    // estimate the size of Iceberg's changelog.
    last.persist(StorageLevel.DISK_ONLY()).count();
    Column[] columns =
        Arrays.stream(input.rows().columns()).map(Columns::quoted).toArray(Column[]::new);
    Dataset<Row> rows =
        last.where(IS_THERE)
            .withColumn(Changes.IS_ADDED, col(Changes.IS_ADDED).gt(0))
            .select(with(columns, col(Changes.IS_ADDED)));
    return new Changes(
        isDelta ? Manifest.Comparison.By.CHANGE_DATA_FEED : Manifest.Comparison.By.CHANGELOG,
        rows,
        Optional.of(last.where(col(IS_THERE).equalTo(false)).select(id.as("id")).distinct()),
        true,
        List.of(),
        Optional.empty(),
        () -> last.unpersist());
  }

  private static Column[] with(Column[] columns, Column last) {
    Column[] all = Arrays.copyOf(columns, columns.length + 1);
    all[columns.length] = last;
    return all;
  }

  private Dataset<Row> noChange() {
    return input
        .rows()
        .limit(0)
        .withColumn(KIND, lit("insert"))
        .withColumn("_commit_version", lit(0L));
  }

  private Dataset<Row> feed(long version) {
    return table.read(
        spark
            .read()
            .option("readChangeFeed", "true")
            .option("startingVersion", version + 1)
            .option("endingVersion", table.version()));
  }

  private Dataset<Row> changelog(long version) {
    return table.metadata(
        spark
            .read()
            .option("start-snapshot-id", version)
            .option("end-snapshot-id", table.version()),
        "changes");
  }

  /**
   * Returns the rows of the last commit that changed each id: those that are in the table since, or
   * else those that it removed. Rows that share an id are all kept.
   */
  private Dataset<Row> lastOfEachId(Dataset<Row> changes, Column commit) {
    Column isThere = lower(col(KIND)).isin("insert", "update_postimage", "update_after");
    return changes
        .withColumn(IS_THERE, isThere)
        .withColumn(
            Changes.IS_ADDED,
            sum(when(col(IS_THERE), lit(1)).otherwise(lit(-1))).over(Window.partitionBy(id)))
        .withColumn(
            RANK, rank().over(Window.partitionBy(id).orderBy(commit.desc(), col(IS_THERE).desc())))
        .where(col(RANK).equalTo(1))
        .drop(RANK);
  }
}
