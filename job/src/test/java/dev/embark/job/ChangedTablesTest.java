package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.job.cli.UserError;
import dev.embark.job.run.JobResult;
import dev.embark.job.state.Manifest.Comparison.By;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Incremental runs over Delta and Iceberg tables read the changes that the table records. */
@Tag("stores")
class ChangedTablesTest {
  private static final String[] INCREMENTAL = {
    "--id-column=id", "--save-mode=append", "--incremental", "--dimensions=8"
  };

  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();
  private String table;

  @BeforeEach
  void needTables() {
    Assumptions.assumeTrue(LocalSpark.hasTables());
  }

  @AfterEach
  void drop() {
    if (table != null && !table.startsWith("delta.")) {
      spark.sql("DROP TABLE IF EXISTS " + table);
    }
  }

  /** Creates a table with ten rows; returns the name to give as input. */
  private String create(String format, String options) {
    String rows =
        " AS SELECT id, concat('text ', id) AS text, 'a' AS topic FROM range(0, 10, 1, 2)";
    return switch (format) {
      case "delta" -> {
        table = "changed_source";
        spark.sql("CREATE TABLE %s USING delta %s".formatted(table, options) + rows);
        yield table;
      }
      case "delta path" -> {
        String path = folder.resolve("source").toString();
        table = "delta.`%s`".formatted(path);
        spark.sql("CREATE TABLE %s USING delta %s".formatted(table, options) + rows);
        yield path;
      }
      case "iceberg path" -> {
        table = "lake.db.changed_source";
        spark.sql("CREATE TABLE %s USING iceberg %s".formatted(table, options) + rows);
        // Iceberg sets its own default, which needs Hive, if another test reads a path before.
        spark.conf().unset("spark.sql.catalog.default_iceberg");
        yield spark.conf().get("spark.sql.catalog.lake.warehouse") + "/db/changed_source";
      }
      default -> {
        table = "lake.db.changed_source";
        spark.sql("CREATE TABLE %s USING iceberg %s".formatted(table, options) + rows);
        yield table;
      }
    };
  }

  private static final String FEED = "TBLPROPERTIES (delta.enableChangeDataFeed = true)";

  private void change(String statement) {
    spark.sql(statement.formatted(table));
  }

  private static void assertCompared(JobResult result, By by, long rows) {
    assertThat(result.plan().comparison().fallback()).isNull();
    assertThat(result.plan().comparison().by()).isEqualTo(by);
    assertThat(result.plan().comparison().rowsRead()).isEqualTo(rows);
  }

  private List<Long> deleted(JobResult result) {
    return spark.read().parquet(result.stateFolder() + "/deleted").collectAsList().stream()
        .map(row -> row.getLong(0))
        .sorted()
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "delta, parquet",
    "delta path, delta",
    "iceberg, parquet",
    "iceberg path, delta",
    "iceberg, iceberg",
  })
  void changesAreReadFromTheTable(String format, String output) {
    boolean isDelta = format.startsWith("delta");
    By by = isDelta ? By.CHANGE_DATA_FEED : By.CHANGELOG;
    String input = create(format, isDelta ? FEED : "");
    Runs runs = new Runs(folder, output);
    runs.run(input, "--id-column=id", "--dimensions=8");
    change("INSERT INTO %s VALUES (10, 'new', 'a'), (11, 'short-lived', 'a')");
    change("UPDATE %s SET text = 'first change' WHERE id = 3");
    change("UPDATE %s SET text = 'second change' WHERE id = 3");
    change("UPDATE %s SET topic = 'b' WHERE id = 4");
    change("DELETE FROM %s WHERE id IN (5, 6, 11)");
    change("INSERT INTO %s VALUES (6, 'text 6', 'a')");

    JobResult result = runs.run(input, INCREMENTAL);

    // Iceberg's changelog also has the rows that a commit copies to another file.
    assertCompared(result, by, isDelta ? 4 : result.plan().input().skipped() + 2);
    assertThat(result.plan().input().added()).isEqualTo(1);
    assertThat(result.plan().input().changed()).isEqualTo(1);
    assertThat(result.counts().rows()).isEqualTo(2);
    assertThat(deleted(result)).containsExactly(5L);
    assertThat(runs.written().where("id = 3").selectExpr("text").collectAsList().toString())
        .contains("second change");
    assertThat(runs.written().selectExpr("id").distinct().count()).isEqualTo(11);

    assertCompared(runs.run(input, INCREMENTAL), by, 0);
    change("DELETE FROM %s WHERE id = 7");
    JobResult more = runs.run(input, INCREMENTAL);
    assertThat(deleted(more)).containsExactly(5L, 7L);
    assertThat(more.plan().input().deleted()).isEqualTo(2);
    change("INSERT INTO %s VALUES (5, 'text 5', 'a')");
    JobResult back = runs.run(input, INCREMENTAL);
    assertThat(back.counts().rows()).isZero();
    assertThat(deleted(back)).containsExactly(7L);

    JobResult all = runs.run(input, "--id-column=id", "--save-mode=append", "--dimensions=8");
    assertCompared(all, By.ALL_ROWS, 10);
    assertThat(all.counts().rows()).isZero();
    assertThat(deleted(all)).containsExactly(7L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"delta", "iceberg"})
  void anIdThatTwoCommitsAddIsRefused(String format) {
    String input = create(format, format.equals("delta") ? FEED : "");
    Runs runs = new Runs(folder, "parquet");
    runs.run(input, "--id-column=id", "--dimensions=8");
    change("INSERT INTO %s VALUES (3, 'again', 'a')");

    assertThatThrownBy(() -> runs.run(input, INCREMENTAL))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("that another row has too, such as 3");

    change("DELETE FROM %s WHERE text = 'again'");
    assertThat(runs.run(input, INCREMENTAL).counts().rows()).isZero();
  }

  @Test
  void aTableWithoutAFeedIsComparedWhole() {
    String input = create("delta", "");
    Runs runs = new Runs(folder, "parquet");
    runs.run(input, "--id-column=id", "--dimensions=8");
    change("INSERT INTO %s VALUES (10, 'new', 'a')");

    JobResult result = runs.run(input, INCREMENTAL);

    assertThat(result.plan().comparison().by()).isEqualTo(By.ALL_ROWS);
    assertThat(result.plan().comparison().rowsRead()).isEqualTo(11);
    assertThat(result.plan().comparison().fallback())
        .startsWith("changed_source has no record of its changes since the last run (");
    assertThat(result.counts().rows()).isEqualTo(1);

    change("ALTER TABLE %s SET TBLPROPERTIES (delta.enableChangeDataFeed = true)");
    runs.run(input, INCREMENTAL);
    change("INSERT INTO %s VALUES (11, 'new', 'a')");
    assertCompared(runs.run(input, INCREMENTAL), By.CHANGE_DATA_FEED, 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"delta", "iceberg"})
  void anotherTableOfTheSameNameIsComparedWhole(String format) {
    String options = format.equals("delta") ? FEED : "";
    String input = create(format, options);
    Runs runs = new Runs(folder, "parquet");
    runs.run(input, "--id-column=id", "--dimensions=8");
    change("DROP TABLE %s");
    create(format, options);
    change("INSERT INTO %s VALUES (10, 'new', 'a')");

    JobResult result = runs.run(input, INCREMENTAL);

    assertThat(result.plan().comparison().by()).isEqualTo(By.ALL_ROWS);
    assertThat(result.counts().rows()).isEqualTo(1);
  }

  @Test
  void anExpiredSnapshotIsComparedWhole() {
    String input = create("iceberg", "");
    Runs runs = new Runs(folder, "parquet");
    runs.run(input, "--id-column=id", "--dimensions=8");
    change("INSERT INTO %s VALUES (10, 'new', 'a')");
    change("INSERT INTO %s VALUES (11, 'new', 'a')");
    spark.sql(
        "CALL lake.system.expire_snapshots(table => 'db.changed_source', retain_last => 1,"
            + " older_than => TIMESTAMP'2999-01-01 00:00:00')");

    JobResult result = runs.run(input, INCREMENTAL);

    assertThat(result.plan().comparison().by()).isEqualTo(By.ALL_ROWS);
    assertThat(result.plan().comparison().fallback())
        .startsWith("lake.db.changed_source has no record of its changes since the last run (");
    assertThat(result.counts().rows()).isEqualTo(2);
  }
}
