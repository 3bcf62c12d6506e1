package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.rows.RowCounts;
import dev.embark.job.cli.UserError;
import dev.embark.job.run.DryRun;
import dev.embark.job.run.JobResult;
import dev.embark.spark.metrics.ApplicationProgress;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows with the same text and other metadata are updated and keep their vectors. */
class ComparedColumnsTest {
  private static final String FIRST =
      "--query=SELECT id, IF(id = 4, NULL, concat('text ', id)) AS text, 'a' AS topic, 1 AS n"
          + " FROM range(0, 6, 1, 1)";

  /** 0: as it was; 1: another text; 2: another topic; 3: another n; 4: no text; 6: new. */
  private static final String THEN =
      "--query=SELECT id, CASE id WHEN 4 THEN NULL WHEN 1 THEN 'changed' ELSE concat('text ', id)"
          + " END AS text, IF(id IN (2, 4), CAST(NULL AS STRING), 'a') AS topic,"
          + " IF(id = 3, 2, 1) AS n FROM range(0, 7, 1, 1) WHERE id <> 5";

  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();

  private Row row(Runs runs, int id) {
    String version =
        List.of(runs.written().columns()).contains("embedding_version")
            ? "embedding_version"
            : "id";
    return runs.written()
        .where("id = " + id)
        .orderBy(org.apache.spark.sql.functions.col(version).desc())
        .first();
  }

  @Test
  void rowsOfFilesGetASecondVersionWithTheSameVector() {
    updatesKeepTheirVectors("parquet", "--quarantine-text");
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource({
    "parquet, --dedupe",
    "json, --quarantine-text",
    "orc, --option=output=int8",
    "delta, --quarantine-text",
    "iceberg, --option=output=int8",
  })
  void updatesKeepTheirVectors(String format, String option) {
    Assumptions.assumeTrue(!List.of("delta", "iceberg").contains(format) || LocalSpark.hasTables());
    Runs runs = new Runs(folder, format);
    runs.run(null, FIRST, "--id-column=id", option);
    Row before = row(runs, 2);
    String[] command = {
      THEN, "--id-column=id", "--save-mode=append", "--compare-columns=topic,n", option
    };
    assertThat(new DryRun(spark, runs.spec(null, command), text -> {}).run().skipped())
        .isEqualTo(4);
    RowCounts counts = ApplicationProgress.of(spark).ended();

    JobResult result = runs.run(null, command);

    RowCounts embedded = ApplicationProgress.of(spark).ended().minus(counts);
    assertThat(embedded.done()).isEqualTo(2);
    assertThat(result.counts().rows()).isEqualTo(5);
    assertThat(result.counts().nulls()).isEqualTo(1);
    assertThat(result.counts().done()).isEqualTo(4);
    assertThat(result.counts().tokens()).isEqualTo(embedded.tokens());
    assertThat(result.plan().input().added()).isEqualTo(1);
    assertThat(result.plan().input().changed()).isEqualTo(1);
    assertThat(result.plan().input().updated()).isEqualTo(3);
    assertThat(result.plan().input().skipped()).isEqualTo(1);
    Row after = row(runs, 2);
    assertThat(after.<Object>getAs("topic")).isNull();
    assertThat(after.<Object>getAs("embedding")).isEqualTo(before.getAs("embedding"));
    assertThat(row(runs, 3).<Number>getAs("n").intValue()).isEqualTo(2);
    assertThat(row(runs, 4).<Object>getAs("topic")).isNull();
    assertThat(row(runs, 4).<Object>getAs("embedding")).isNull();
    assertThat(row(runs, 0).<String>getAs("topic")).isEqualTo("a");
    assertThat(runs.run(null, command).counts().rows()).isZero();
  }

  @Test
  void aColumnThatIsMissingIsNamed() {
    Runs runs = new Runs(folder, "parquet");
    runs.run(null, FIRST, "--id-column=id");

    assertThatThrownBy(
            () ->
                runs.run(
                    null,
                    FIRST,
                    "--id-column=id",
                    "--save-mode=append",
                    "--compare-columns=topic,title"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("the query has no column title")
        .hasMessageContaining("--compare-columns");
  }
}
