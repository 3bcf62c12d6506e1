package dev.embark.job.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.job.LocalSpark;
import dev.embark.job.Runs;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.sink.Sink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table given by its folder is read as a table, not as all of its files. */
class TableFolderTest {
  private static final int ROWS = 5;
  private static final int LEFT = 2;

  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();

  private Source.Input open(String input, String... options) {
    JobSpec spec = new Runs(folder, "parquet").spec(input, options);
    return new Source(spark, spec, Sink.of(spark, spec)).open();
  }

  private void assertRefused(String input, String title) {
    assertThatThrownBy(() -> open(input))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(input + " has files of the " + title + " table ")
        .hasMessageContaining("--input-format");
  }

  private void deleteSome(String table) {
    spark.sql("DELETE FROM " + table + " WHERE id >= " + LEFT);
  }

  /** Partitioned by k. */
  private Path delta() {
    Path table = folder.resolve("lake/k=v/table");
    spark
        .sql("SELECT id, concat('text ', id) AS text, id % 2 AS k FROM range(" + ROWS + ")")
        .write()
        .format("delta")
        .partitionBy("k")
        .save(table.toString());
    deleteSome("delta.`" + table + "`");
    return table;
  }

  @Test
  void aDeltaTableIsReadAsOne() {
    Assumptions.assumeTrue(LocalSpark.hasTables());
    Path table = delta();

    assertThat(open(table.toString()).rows().count()).isEqualTo(LEFT);
    assertRefused(folder + "/lake/k=v/tab*", "Delta");
    assertThat(open(table.toString(), "--input-option=versionAsOf=0").rows().count())
        .isEqualTo(ROWS);
  }

  @Test
  void filesOfADeltaTableAreNotReadDirectly() throws IOException {
    Assumptions.assumeTrue(LocalSpark.hasTables());
    Path table = delta();
    Path file;
    try (var files = Files.newDirectoryStream(table.resolve("k=1"), "part-*.parquet")) {
      file = files.iterator().next();
    }

    assertRefused(table + "/k=1", "Delta");
    assertRefused(table + "/k=*/part*.parquet", "Delta");
    assertRefused(file.toString(), "Delta");
    assertRefused(folder.resolve("lake").toString(), "Delta");
  }

  @Test
  void anIcebergTableIsReadAsOneAndItsFilesOnlyOnRequest() {
    Assumptions.assumeTrue(LocalSpark.hasTables());
    spark.sql(
        "CREATE TABLE lake.db.folder USING iceberg PARTITIONED BY (k)"
            + " AS SELECT id, concat('text ', id) AS text, id % 2 AS k FROM range(5)");
    try {
      deleteSome("lake.db.folder");
      String table = spark.conf().get("spark.sql.catalog.lake.warehouse") + "/db/folder";

      assertThat(open(table).rows().count()).isEqualTo(LEFT);
      assertRefused(table + "/data", "Iceberg");
      assertRefused(table + "/data/k=0", "Iceberg");
      Source.Input files = open(table + "/data", "--input-format=parquet");
      assertThat(files.rows().count()).isGreaterThan(LEFT);
      assertThat(files.warnings())
          .singleElement()
          .asString()
          .contains("is an Iceberg table and is read as parquet files");
    } finally {
      spark.sql("DROP TABLE lake.db.folder PURGE");
    }
  }

  @Test
  void aHudiTableIsRefused() throws IOException {
    Path table = folder.resolve("hudi");
    spark.sql("SELECT 1 AS id, 'a' AS text").write().parquet(table.toString());
    assertThat(open(table.toString()).rows().count()).isEqualTo(1);
    Files.createDirectories(table.resolve(".hoodie"));

    assertRefused(table.toString(), "Hudi");
    assertThat(open(table.toString(), "--input-format=parquet").warnings()).hasSize(1);
  }

  @Test
  void whatEmbarkKeepsInATableIsNoneOfItsData() throws IOException {
    Path kept = folder.resolve("table/_embark/quarantine");
    spark.sql("SELECT 1 AS id, 'a' AS text").write().parquet(kept.toString());
    Files.createDirectories(folder.resolve("table/_delta_log"));

    assertThat(open(kept.toString()).rows().count()).isEqualTo(1);
  }

  @Test
  void aFormatThatIsNotThereIsNamedWithWhatToGive() throws IOException {
    Path table = Files.createDirectories(folder.resolve("t"));

    assertThat(TableFolder.among(spark, List.of(new org.apache.hadoop.fs.Path(table.toUri()))))
        .isEmpty();
    Files.createDirectories(table.resolve("metadata"));
    Files.writeString(table.resolve("metadata/00001-abc.metadata.json"), "{}");

    assertThatThrownBy(() -> open(table.toString()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("it is an Iceberg table; give --packages org.apache.iceberg:")
        .hasMessageContaining("name the table");
  }
}
