package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Run again over a changed input, only what is new reaches the model. */
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
    long embeddedBefore = Totals.of(LocalSpark.session(), JobTask.EMBED).rows();

    JobResult result =
        runs.run(runs.json("day2.json", dayTwo), "--id-column=id", "--save-mode=append");

    assertThat(Totals.of(LocalSpark.session(), JobTask.EMBED).rows() - embeddedBefore)
        .isEqualTo(15);
    assertThat(result.totals().rows()).isEqualTo(15);
    assertThat(result.plan().newRows()).isEqualTo(10);
    assertThat(result.plan().changedRows()).isEqualTo(5);
    assertThat(result.plan().skippedRows()).isEqualTo(93);
    assertThat(result.plan().deletedRows()).isEqualTo(2);
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

  @ParameterizedTest
  @ValueSource(strings = {"parquet", "delta"})
  void aThirdDayComparesWithTheNewestVersions(String format) throws IOException {
    Runs runs = runs(format);
    String[] options = {"--id-column=id", "--save-mode=append"};
    runs.run(runs.json("1.json", Map.of(1, "one", 2, "two")), options);
    runs.run(runs.json("2.json", Map.of(1, "uno", 2, "two")), options);

    JobResult same = runs.run(runs.json("2.json", Map.of(1, "uno", 2, "two")), options);
    JobResult back = runs.run(runs.json("1.json", Map.of(1, "one", 2, "two")), options);

    assertThat(same.totals().rows()).isZero();
    assertThat(back.totals().rows()).isEqualTo(1);
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

    assertThat(result.plan().skippedRows()).isEqualTo(3);
  }

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

  @ParameterizedTest
  @CsvSource({
    "orc, --partition-by=topic, --output-format is orc here, was written with parquet",
    "json, --partition-by=topic, --output-format is json here, was written with parquet",
    "delta, --partition-by=topic, --output-format is delta here, was written with parquet",
    "parquet, --partition-by=id, --partition-by is id here, was written with topic",
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
                .skippedRows())
        .isEqualTo(4);
  }

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
    assertThat(runs.run(input, then, "--save-mode=append").totals().rows())
        .isEqualTo(then.startsWith("--id") ? 0 : 3);
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
  void ignoreLeavesAnOutputAsItIs() throws IOException {
    Runs runs = runs("parquet");
    runs.run(runs.json("a.json", texts(0, 2)));

    JobResult result = runs.run(runs.json("b.json", texts(0, 5)), "--save-mode=ignore");

    assertThat(result.totals().rows()).isZero();
    assertThat(runs.vectors()).hasSize(2);
  }
}
