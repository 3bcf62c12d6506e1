package dev.embark.job.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.LocalSpark;
import dev.embark.job.Runs;
import dev.embark.job.run.JobResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ids of two runs compare equal regardless of session settings. */
class CanonicalIdTest {
  private static final String ZONE = "spark.sql.session.timeZone";
  private static final String ANSI = "spark.sql.ansi.enabled";

  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "TIMESTAMP'2024-03-31 01:30:00.5Z'|2024-03-31 01:30:00.500000Z",
        "TIMESTAMP'2024-10-27 00:30:00Z'|2024-10-27 00:30:00.000000Z",
        "TIMESTAMP'2024-10-27 01:30:00Z'|2024-10-27 01:30:00.000000Z",
        "TIMESTAMP'1969-12-31 23:59:59.999999Z'|1969-12-31 23:59:59.999999Z",
        "TIMESTAMP'1500-02-28 12:00:01Z'|1500-02-28 12:00:01.000000Z",
        "TIMESTAMP_NTZ'1500-02-28 12:00:01.25'|1500-02-28 12:00:01.25",
        "DATE'1582-10-10'|1582-10-10",
        "CAST(1e-9 AS DECIMAL(38, 18))|0.000000001",
        "CAST(0 AS DECIMAL(38, 18))|0",
        "CAST(-1234567.50 AS DECIMAL(12, 2))|-1234567.5",
        "CAST(100 AS DECIMAL(10, 0))|100",
        "CAST(100 AS INT)|100",
        "CAST(-0.0 AS DOUBLE)|0.0",
        "CAST('NaN' AS DOUBLE)|NaN",
        "CAST(1.5 AS FLOAT)|1.5",
        "X'00FF41'|X'00FF41'",
        "'a b'|a b",
        "true|true",
        "named_struct('t', TIMESTAMP'2024-01-01 00:00:00Z', 'n', CAST(NULL AS INT))|{\"id\":{\"t\":\"2024-01-01T00:00:00.000000Z\",\"n\":null}}",
      })
  void aTextIsTheSameInEverySession(String id, String expected) {
    for (String zone : List.of("UTC", "Europe/Paris", "America/Los_Angeles")) {
      for (String ansi : List.of("true", "false")) {
        SparkSession session = spark.newSession();
        session.conf().set(ZONE, zone);
        session.conf().set(ANSI, ansi);
        var rows = session.sql("SELECT " + id + " AS `i``d`");

        assertThat(rows.select(CanonicalId.of(rows, "i`d")).head().getString(0))
            .as("%s, ANSI %s", zone, ansi)
            .isEqualTo(expected);
      }
    }
  }

  private void inZone(String zone, Runnable run) {
    String before = spark.conf().get(ZONE);
    spark.conf().set(ZONE, zone);
    try {
      run.run();
    } finally {
      spark.conf().set(ZONE, before);
    }
  }

  private static final String QUERY =
      "--query=SELECT TIMESTAMP'2024-01-01 12:00:00Z' AS id, 'three words here' AS text UNION ALL"
          + " SELECT TIMESTAMP'1500-01-01 00:00:00Z', 'three words there'";

  /** Both rows fail and are quarantined in one time zone, then retried in another. */
  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"parquet", "json"})
  void rowsLeaveTheQuarantineInASessionOfAnotherZone(String format) {
    Runs runs = new Runs(folder, format);
    inZone(
        "Europe/Paris",
        () -> runs.run(null, QUERY, "--id-column=id", "--max-tokens=2", "--long-text=error"));
    assertThat(quarantine(runs)).hasSize(2);

    inZone(
        "America/Los_Angeles",
        () -> {
          JobResult again =
              runs.run(
                  null,
                  QUERY,
                  "--id-column=id",
                  "--max-tokens=2",
                  "--long-text=truncate",
                  "--save-mode=append",
                  "--retry-quarantined");
          assertThat(again.counts().rows()).isEqualTo(2);
          assertThat(again.plan().input().deleted()).isZero();
        });

    assertThat(quarantine(runs)).isEmpty();
  }

  private List<Row> quarantine(Runs runs) {
    return spark.read().parquet(runs.state().resolve("quarantine").toString()).collectAsList();
  }

  /** An earlier version stored the id as cast to a string in the session's time zone. */
  @Test
  void rowsOfAnOldQuarantineLeaveItInASessionOfTheSameZone() throws Exception {
    Runs runs = new Runs(folder, "parquet");
    String[] failing = {QUERY, "--id-column=id", "--max-tokens=2", "--long-text=error"};
    inZone("Europe/Paris", () -> runs.run(null, failing));
    Path quarantine = runs.state().resolve("quarantine");
    inZone(
        "Europe/Paris",
        () -> {
          String old = runs.state().resolve("old").toString();
          spark
              .read()
              .parquet(quarantine.toString())
              .selectExpr(
                  "CAST(CAST(id AS TIMESTAMP) AS STRING) AS id", "kind", "error", "text", "run")
              .write()
              .parquet(old);
        });
    try (var files = Files.newDirectoryStream(quarantine)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(quarantine);
    Files.move(runs.state().resolve("old"), quarantine);
    assertThat(quarantine(runs))
        .extracting(row -> row.getString(0))
        .contains("2024-01-01 13:00:00");

    inZone(
        "Europe/Paris",
        () ->
            runs.run(
                null,
                QUERY,
                "--id-column=id",
                "--max-tokens=2",
                "--long-text=truncate",
                "--save-mode=append",
                "--retry-quarantined"));

    assertThat(quarantine(runs)).isEmpty();
  }

  @Test
  void idsOfJsonAreKnownAgainThoughTheirZoneHadAnOffsetOfSeconds() {
    Runs runs = new Runs(folder, "json");
    inZone("Europe/Paris", () -> runs.run(null, QUERY, "--id-column=id"));

    inZone(
        "Europe/Paris",
        () ->
            assertThat(
                    runs.run(null, QUERY, "--id-column=id", "--save-mode=append")
                        .plan()
                        .input()
                        .skipped())
                .isEqualTo(2));
  }
}
