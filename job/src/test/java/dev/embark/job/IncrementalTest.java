package dev.embark.job;

import static java.nio.file.StandardOpenOption.APPEND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.job.cli.UserError;
import dev.embark.job.run.JobResult;
import dev.embark.spark.metrics.ApplicationProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Incremental runs over a changed input send only new and changed rows to the model. */
class IncrementalTest {
  @TempDir private Path folder;

  private static Map<Integer, String> texts(int from, int to) {
    Map<Integer, String> texts = new TreeMap<>();
    for (int i = from; i < to; i++) {
      texts.put(i, "text number " + i);
    }
    return texts;
  }

  private Runs runs(String format) {
    Assumptions.assumeTrue(!List.of("delta", "iceberg").contains(format) || LocalSpark.hasTables());
    return new Runs(folder, format);
  }

  @Test
  void onDayTwoOfFilesOnlyNewAndChangedTextsAreEmbedded() throws IOException {
    onDayTwoOnlyNewAndChangedTextsAreEmbedded("parquet");
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"parquet", "delta", "iceberg"})
  void onDayTwoOnlyNewAndChangedTextsAreEmbedded(String format) throws IOException {
    Runs runs = runs(format);
    runs.run(runs.json("day1.json", texts(0, 100)), "--id-column=id");
    Map<Integer, List<Float>> before = runs.vectors();
    Map<Integer, String> dayTwo = texts(2, 110); // 2 deleted, 10 new
    for (int id = 50; id < 55; id++) {
      dayTwo.put(id, "changed " + id);
    }
    long embeddedBefore = ApplicationProgress.of(LocalSpark.session()).ended().rows();

    JobResult result =
        runs.run(runs.json("day2.json", dayTwo), "--id-column=id", "--save-mode=append");

    assertThat(ApplicationProgress.of(LocalSpark.session()).ended().rows() - embeddedBefore)
        .isEqualTo(15);
    assertThat(result.counts().rows()).isEqualTo(15);
    assertThat(result.plan().input().added()).isEqualTo(10);
    assertThat(result.plan().input().changed()).isEqualTo(5);
    assertThat(result.plan().input().skipped()).isEqualTo(93);
    assertThat(result.plan().input().deleted()).isEqualTo(2);
    assertThat(
            LocalSpark.session().read().parquet(result.stateFolder() + "/deleted").collectAsList())
        .extracting(row -> row.getLong(0))
        .containsExactlyInAnyOrder(0L, 1L);
    if (format.equals("parquet")) {
      assertNewestVersionIsAppended(runs);
    } else {
      Map<Integer, List<Float>> after = runs.vectors();
      assertThat(after).hasSize(110);
      assertThat(after.get(50)).isNotEqualTo(before.get(50));
      assertThat(after.get(49)).isEqualTo(before.get(49));
      assertThat(runs.written().where("id = 54").first().<String>getAs("text"))
          .isEqualTo("changed 54");
    }
  }

  private static void assertNewestVersionIsAppended(Runs runs) {
    assertThat(runs.written().count()).isEqualTo(115);
    List<Row> versions =
        runs.written().where("id = 50").orderBy("embedding_version").collectAsList();
    assertThat(versions)
        .extracting(row -> row.<String>getAs("text"))
        .containsExactly("text number 50", "changed 50");
    assertThat(versions.get(0).getList(2)).isNotEqualTo(versions.get(1).getList(2));
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"parquet", "delta"})
  void aThirdDayComparesWithTheNewestVersions(String format) throws IOException {
    Runs runs = runs(format);
    String[] options = {"--id-column=id", "--save-mode=append"};
    runs.run(runs.json("1.json", Map.of(1, "one", 2, "two")), options);
    runs.run(runs.json("2.json", Map.of(1, "uno", 2, "two")), options);

    JobResult same = runs.run(runs.json("2.json", Map.of(1, "uno", 2, "two")), options);
    JobResult back = runs.run(runs.json("1.json", Map.of(1, "one", 2, "two")), options);

    assertThat(same.counts().rows()).isZero();
    assertThat(back.counts().rows()).isEqualTo(1);
  }

  @Test
  void vectorsOfAnotherOptionAreNotMixedIn() throws IOException {
    Runs runs = runs("parquet");
    String input = runs.json("in.json", texts(0, 3));
    runs.run(input, "--id-column=id");

    assertThatThrownBy(
            () -> runs.run(input, "--id-column=id", "--save-mode=append", "--dimensions=16"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("dimensions is 16 here and unset there")
        .hasMessageContaining("--new-fingerprint");
    runs.run(input, "--id-column=id", "--dimensions=16", "--new-fingerprint=overwrite");
    assertThat(runs.vectors()).hasSize(3).allSatisfy((id, v) -> assertThat(v).hasSize(16));
  }

  @Test
  void resultsOfAnotherVectorVersionAreMixedInOnlyIfAccepted() throws IOException {
    Runs runs = runs("parquet");
    runs.run(runs.json("1.json", texts(0, 3)), "--id-column=id");
    Path version = runs.newestVersion();
    Files.writeString(
        version,
        Files.readString(version)
            .replaceAll("\"vectorVersion\" *: *[0-9]+", "\"vectorVersion\":2")
            .replaceAll("\"sha256\" *: *\"[0-9a-f]+\"", "\"sha256\":\"abc\""));
    String[] append = {"--id-column=id", "--save-mode=append"};
    String[] accept = {"--id-column=id", "--save-mode=append", "--accept-vector-version"};

    String input = runs.json("2.json", texts(0, 5));
    assertThatThrownBy(() -> runs.run(input, append))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("they have vector version 2 and this Embark computes version 4")
        .hasMessageContaining("cosine of at least 0.9999")
        .hasMessageContaining("in version 4 vectors of models with a unigram")
        .hasMessageContaining("set --accept-vector-version to append to them");
    assertThat(runs.run(input, accept).counts().rows()).isEqualTo(2);
    assertThat(runs.run(input, append).counts().rows()).isZero();
    assertThatThrownBy(
            () ->
                runs.run(
                    input,
                    "--id-column=id",
                    "--save-mode=append",
                    "--accept-vector-version",
                    "--dimensions=16"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("dimensions is 16 here and unset there");
  }

  @Test
  void optionsThatChangeNoVectorMayChange() throws IOException {
    Runs runs = runs("parquet");
    String input = runs.json("in.json", texts(0, 3));
    runs.run(input, "--id-column=id");

    JobResult result =
        runs.run(
            input,
            "--id-column=id",
            "--save-mode=append",
            "--option=batchTokens=256",
            "--long-text=truncate",
            "--mode=FAILFAST");

    assertThat(result.plan().input().skipped()).isEqualTo(3);
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"delta", "iceberg"})
  void anotherOptionsVectorsGetAColumnOfTheirOwn(String format) throws IOException {
    Runs runs = runs(format);
    String input = runs.json("in.json", texts(0, 3));
    runs.run(input, "--id-column=id");

    runs.run(
        input,
        "--id-column=id",
        "--dimensions=16",
        "--embedding-column=small",
        "--new-fingerprint=add-column");

    assertThat(runs.written().collectAsList())
        .hasSize(3)
        .allSatisfy(
            row -> {
              assertThat(row.getList(row.fieldIndex("embedding"))).hasSize(384);
              assertThat(row.getList(row.fieldIndex("small"))).hasSize(16);
            });
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource({
    "orc, --partition-by=topic, --output-format is orc here, was written with parquet",
    "json, --partition-by=topic, --output-format is json here, was written with parquet",
    "delta, --partition-by=topic, --output-format is delta here, was written with parquet",
    "parquet, --partition-by=text, --partition-by is text here, was written with topic",
    "parquet, --quarantine-text, --partition-by is unset here, was written with topic",
  })
  void anotherLayoutIsNotMixedIn(String format, String option, String here, String there) {
    String query = "--query=SELECT id, id % 2 AS topic, 'a' AS text FROM range(4)";
    runs("parquet").run(null, query, "--id-column=id", "--partition-by=topic");
    Runs other = runs(format);
    String[] append = {query, "--id-column=id", "--save-mode=append", option};

    assertThatThrownBy(() -> other.run(null, append))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(here)
        .hasMessageContaining(there)
        .hasMessageContaining("--save-mode overwrite");

    assertThat(runs("parquet").vectors()).hasSize(4);
    assertThat(
            runs("parquet")
                .run(null, query, "--id-column=id", "--save-mode=append", "--partition-by=topic")
                .plan()
                .input()
                .skipped())
        .isEqualTo(4);
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource({
    "--quarantine-text, --id-column=id, was written without --id-column",
    "--id-column=id, --quarantine-text, was written with --id-column",
  })
  void filesHaveVersionsInAllRowsOrInNone(String first, String then, String why)
      throws IOException {
    Runs runs = runs("parquet");
    String input = runs.json("in.json", texts(0, 3));
    runs.run(input, first);

    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> runs.run(input, then, "--save-mode=append"))
          .isInstanceOf(UserError.class)
          .hasMessageContaining(why)
          .hasMessageContaining("--save-mode overwrite");
    }

    assertThat(runs.vectors()).hasSize(3);
    runs.run(input, then, "--save-mode=overwrite");
    assertThat(runs.run(input, then, "--save-mode=append").counts().rows())
        .isEqualTo(then.startsWith("--id") ? 0 : 3);
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource({
    "parquet, 'id, text, 1 AS n, 2 AS more', more is only in the input",
    "json, 'id, text, 1.5D AS n', n is double here and int there",
    "json, 'id, text, 1 AS n, 2 AS N', the columns n and N",
    "parquet, 'CAST(id AS STRING) AS id, text, 1 AS n', id is string here and bigint there",
    "delta, 'CAST(id AS STRING) AS id, text, 1 AS n', id is string here and bigint there",
    "iceberg, 'CAST(id AS STRING) AS id, text, 1 AS n', id is string here and bigint there",
  })
  void otherColumnsAreNotMixedIn(String format, String columns, String difference) {
    Runs runs = runs(format);
    String from = " FROM (SELECT id, concat('text ', id) AS text FROM range(3))";
    String first = "--query=SELECT id, text, 1 AS n" + from;
    String[] append = {"--id-column=id", "--save-mode=append"};
    runs.run(null, first, append[0]);

    assertThatThrownBy(
            () -> runs.run(null, "--query=SELECT " + columns + from, append[0], append[1]))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(difference)
        .hasMessageContaining("--query");

    assertThat(runs.vectors()).hasSize(3);
    assertThat(runs.run(null, first, append[0], append[1]).plan().input().skipped()).isEqualTo(3);
  }

  @Test
  void catalogMetadataOfColumnsIsIgnored() {
    SparkSession spark = LocalSpark.session();
    spark.sql(
        "CREATE TABLE described (id BIGINT NOT NULL COMMENT 'a\\\\', text STRING DEFAULT 'x',"
            + " `1e5` CHAR(3), ts TIMESTAMP) USING parquet");
    try {
      spark.sql("INSERT INTO described VALUES (1, 'a', 'b', TIMESTAMP'2026-01-01 00:00:00')");
      spark.conf().set("spark.sql.timestampType", "TIMESTAMP_NTZ");
      Runs runs = runs("parquet");
      runs.run("described", "--id-column=id");

      JobResult again = runs.run("described", "--id-column=id", "--save-mode=append");

      assertThat(again.plan().input().skipped()).isEqualTo(1);
    } finally {
      spark.conf().unset("spark.sql.timestampType");
      spark.sql("DROP TABLE described");
    }
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"parquet", "orc", "json"})
  void columnsThatAnInputLacksAreNull(String format) throws IOException {
    Runs runs = runs(format);
    String[] append = {"--id-column=id", "--save-mode=append"};
    runs.run(null, "--query=SELECT 1L AS id, 'a' AS text, 'x' AS topic", append[0]);

    runs.run(runs.json("in.json", Map.of(2, "b")), append);

    assertThat(runs.written().selectExpr("id", "topic").orderBy("id").collectAsList())
        .extracting(row -> row.getString(1))
        .containsExactly("x", null);
  }

  @Test
  void aLineThatIsUnreadableStopsNoRunIntoFiles() throws IOException {
    Runs runs = runs("parquet");
    String[] append = {"--id-column=id", "--save-mode=append"};
    runs.run(runs.json("1.json", texts(0, 2)), append[0]);
    Path damaged = Path.of(runs.json("2.json", texts(0, 3)));
    Files.writeString(damaged, "{\"id\":7,\"text\":\"c\"}\n{\"id\":8,", APPEND);

    assertThatThrownBy(() -> runs.run(damaged.toString(), append))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("has no id");
    runs.run(
        null,
        "--query=SELECT * FROM json.`%s` WHERE id IS NOT NULL".formatted(damaged),
        append[0],
        append[1]);

    assertThat(runs.vectors()).hasSize(4);
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource({
    "parquet, --partition-by=topic",
    "json, --partition-by=topic",
    "json, --quarantine-text",
    "orc, --quarantine-text",
  })
  void anOutputOfAnEmptyInputIsAddedTo(String format, String option) {
    Runs runs = runs(format);
    String query = "--query=SELECT id, 't' AS topic, 'a' AS text FROM range(4)";
    String[] append = {"--id-column=id", "--save-mode=append", option};
    runs.run(null, query + " WHERE id > 9", append[0], append[1], append[2]);

    runs.run(null, query, append[0], append[1], append[2]);

    assertThat(runs.vectors()).hasSize(4).doesNotContainValue(null);
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "timestamp_micros(1700000000123456 + id)",
        "CAST(timestamp_micros(1700000000123456 + id) AS TIMESTAMP_NTZ)",
        "unhex(lpad(hex(id), 4, 'FF'))",
        "lpad(id, 3, '0')",
        "date_add(DATE'2026-01-01', CAST(id AS INT))",
      })
  void idsOfAnyTypeAreFoundAgainInJson(String id) {
    Runs runs = runs("json");
    String query = "--query=SELECT %s AS id, 'a' AS text FROM range(4)".formatted(id);
    runs.run(null, query, "--id-column=id");

    JobResult again = runs.run(null, query, "--id-column=id", "--save-mode=append");

    assertThat(again.plan().input().skipped()).isEqualTo(4);
  }

  @Test
  void timestampsInJsonAreTheSameTextUnderEveryZone() {
    Runs runs = runs("json");
    SparkSession spark = LocalSpark.session();
    String zone = spark.conf().get("spark.sql.session.timeZone");
    spark.conf().set("spark.sql.session.timeZone", "Asia/Tokyo");
    try {
      runs.run(null, "--query=SELECT timestamp_micros(1700000000123456) AS id, 'a' AS text");
    } finally {
      spark.conf().set("spark.sql.session.timeZone", zone);
    }

    assertThat(spark.read().schema("id STRING").json(runs.output()).head().getString(0))
        .isEqualTo("2023-11-14T22:13:20.123456Z");
  }

  @Test
  void aFolderOfDigitsIsFoundAgainAsText() {
    Runs runs = runs("parquet");
    String[] job = {
      "--query=SELECT id, lpad(id, 2, '0') AS topic, 'a' AS text FROM range(3)",
      "--id-column=id",
      "--partition-by=topic",
      "--save-mode=append"
    };
    runs.run(null, job);

    assertThat(runs.run(null, job).plan().input().skipped()).isEqualTo(3);
  }

  @Test
  void whereAllRowsFailedInJsonTheyAreTriedAgain() throws IOException {
    Runs runs = runs("json");
    String input = runs.json("in.json", Map.of(1, "one two three four five six seven"));
    runs.run(input, "--id-column=id", "--max-tokens=4", "--long-text=error");

    JobResult again =
        runs.run(
            input,
            "--id-column=id",
            "--max-tokens=4",
            "--long-text=chunk",
            "--save-mode=append",
            "--retry-quarantined");

    assertThat(again.counts().failed()).isZero();
    assertThat(again.plan().input().changed()).isEqualTo(1);
  }

  @Test
  void anOutputOfUnknownOriginIsNotAddedTo() throws IOException {
    Runs runs = runs("parquet");
    LocalSpark.session()
        .sql("SELECT 1 AS id, array(0.5f) AS embedding")
        .write()
        .parquet(runs.output());

    assertThatThrownBy(() -> runs.run(runs.json("in.json", texts(0, 3)), "--save-mode=append"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("not written by Embark");
  }

  @Tag("stores")
  @Test
  void overwriteReplacesAllOfADeltaTable() throws IOException {
    overwriteReplacesEverything("delta");
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"parquet", "delta", "iceberg"})
  void overwriteReplacesEverything(String format) throws IOException {
    Runs runs = runs(format);
    runs.run(runs.json("a.json", texts(0, 10)), "--id-column=id");

    runs.run(
        runs.json("b.json", texts(5, 40)),
        "--id-column=id",
        "--save-mode=overwrite",
        "--rows-per-wave=20");

    assertThat(runs.vectors().keySet()).isEqualTo(texts(5, 40).keySet());
  }

  @Test
  void ignoreLeavesAnOutputUnchanged() throws IOException {
    Runs runs = runs("parquet");
    runs.run(runs.json("a.json", texts(0, 2)));

    for (String input : List.of(runs.json("b.json", texts(0, 5)), folder + "/not-asked-for")) {
      assertThat(runs.run(input, "--save-mode=ignore").counts().rows()).isZero();
    }

    assertThat(runs.vectors()).hasSize(2);
  }
}
