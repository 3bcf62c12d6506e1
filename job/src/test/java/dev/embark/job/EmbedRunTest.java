package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sources, sinks, deduplication, quarantine, and inputs that are not as they should be. */
class EmbedRunTest {
  private static final String LONG = "one two three four five six seven eight";

  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();

  @Test
  void aQueryIsAnInput() {
    Runs runs = new Runs(folder, "parquet");

    runs.run(null, "--query=SELECT id, concat('text ', id) AS text FROM range(5)");

    assertThat(runs.vectors()).hasSize(5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"orc", "json"})
  void otherFormatsAreWritten(String format) throws IOException {
    Runs runs = new Runs(folder, format);

    runs.run(runs.json("in.json", Map.of(1, "one", 2, "two", 3, "three")), "--rows-per-wave=1");

    assertThat(runs.written().selectExpr("size(embedding)").collectAsList())
        .extracting(row -> row.getInt(0))
        .containsExactly(384, 384, 384);
  }

  @ParameterizedTest
  @ValueSource(strings = {"parquet", "delta", "iceberg"})
  void columnsBecomeFolders(String format) {
    Assumptions.assumeTrue(format.equals("parquet") || LocalSpark.hasTables());
    Runs runs = new Runs(folder, format);

    runs.run(
        null,
        "--query=SELECT id, id % 3 AS topic, concat('text ', id) AS text FROM range(9)",
        "--partition-by=topic",
        "--rows-per-wave=4");

    assertThat(runs.written().where("topic = 2").selectExpr("CAST(id AS INT)").collectAsList())
        .extracting(row -> row.getInt(0))
        .containsExactlyInAnyOrder(2, 5, 8);
    assertThat(runs.written().inputFiles()).allMatch(f -> f.matches(".*/topic=[012]/[^/]*"));
  }

  @Test
  void anEmptyInputLeavesAnEmptyOutput() {
    Runs runs = new Runs(folder, "parquet");

    JobResult result = runs.run(null, "--query=SELECT 1 AS id, 'a' AS text WHERE false");

    assertThat(result.totals()).isEqualTo(RunTotals.NONE);
    assertThat(runs.written().columns()).containsExactly("id", "text", "embedding");
    assertThat(runs.written().count()).isZero();
  }

  @Test
  void eachDistinctTextIsEmbeddedOnceOverAllWaves() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    Map<Integer, String> texts = new TreeMap<>();
    for (int i = 0; i < 60; i++) {
      texts.put(i, i == 59 ? null : "text number " + i % 7);
    }
    Totals before = Totals.of(spark);

    JobResult result = runs.run(runs.json("in.json", texts), "--dedupe", "--rows-per-wave=10");

    assertThat(result.plan().waves()).isGreaterThan(1);
    assertThat(Totals.of(spark).since(before).rows()).isEqualTo(7);
    assertThat(result.totals().deduplicatedRows()).isEqualTo(59 - 7);
    assertThat(result.totals().rows()).isEqualTo(60);
    assertThat(result.totals().nullRows()).isEqualTo(1);
    assertThat(result.totals().tokens()).isEqualTo(Totals.of(spark).since(before).tokens());
    Map<Integer, List<Float>> vectors = runs.vectors();
    assertThat(vectors).hasSize(60);
    assertThat(vectors.get(0)).isEqualTo(vectors.get(7)).isNotEqualTo(vectors.get(1));
    assertThat(vectors.get(59)).isNull();
  }

  private static Map<Integer, String> twoLongOnes() {
    Map<Integer, String> texts = new TreeMap<>(Map.of(1, "a", 2, LONG, 3, "b", 4, LONG + " nine"));
    return texts;
  }

  @Test
  void rowsThatFailAreInTheQuarantineWithoutTheirText() throws IOException {
    Runs runs = new Runs(folder, "parquet");

    JobResult result =
        runs.run(
            runs.json("in.json", twoLongOnes()),
            "--id-column=id",
            "--max-tokens=5",
            "--long-text=error");

    assertThat(result.totals().failed()).isEqualTo(Map.of("TOO_LONG", 2L));
    List<Row> rows = quarantine(runs);
    assertThat(rows).extracting(row -> row.getLong(0)).containsExactly(2L, 4L);
    assertThat(rows)
        .allSatisfy(
            row -> {
              assertThat(row.<String>getAs("kind")).isEqualTo("TOO_LONG");
              assertThat(row.<String>getAs("error")).contains("tokens").doesNotStartWith("[");
              assertThat(row.<String>getAs("text")).isNull();
            });
    assertThat(runs.vectors()).hasSize(4).containsEntry(2, null);
  }

  private List<Row> quarantine(Runs runs) {
    return spark
        .read()
        .parquet(runs.state().resolve("quarantine").toString())
        .orderBy("id")
        .collectAsList();
  }

  @Test
  void theQuarantineKeepsTextsIfAsked() throws IOException {
    Runs runs = new Runs(folder, "parquet");

    runs.run(
        runs.json("in.json", twoLongOnes()),
        "--max-tokens=5",
        "--long-text=error",
        "--quarantine-text");

    assertThat(quarantine(runs)).extracting(row -> row.<String>getAs("text")).contains(LONG);
  }

  @ParameterizedTest
  @ValueSource(strings = {"parquet", "delta"})
  void quarantinedRowsAreTriedAgainInAnotherWay(String format) throws IOException {
    Assumptions.assumeTrue(format.equals("parquet") || LocalSpark.hasTables());
    Runs runs = new Runs(folder, format);
    String input = runs.json("in.json", twoLongOnes());
    runs.run(input, "--id-column=id", "--max-tokens=5", "--long-text=error");

    JobResult again =
        runs.run(
            input,
            "--id-column=id",
            "--max-tokens=5",
            "--long-text=chunk",
            "--save-mode=append",
            "--retry-quarantined");

    assertThat(again.totals().rows()).isEqualTo(2);
    assertThat(again.totals().failedRows()).isZero();
    assertThat(quarantine(runs)).isEmpty();
    assertThat(runs.written().where("embedding IS NOT NULL").count()).isEqualTo(4);
  }

  @Test
  void tooManyFailuresStopTheRunAndAHigherLimitCarriesItOn() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    Map<Integer, String> texts = new HashMap<>();
    for (int i = 0; i < 20; i++) {
      texts.put(i, LONG);
    }
    String input = runs.json("in.json", texts);
    String[] options = {"--max-tokens=5", "--long-text=error", "--rows-per-wave=10"};

    assertThatThrownBy(() -> runs.run(input, with(options, "--max-failed=9")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("10 of 10 rows failed")
        .hasMessageContaining("1 of 2 waves");
    assertThatThrownBy(() -> runs.run(input, with(options, "--max-failed=50%")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("20 of 20 rows failed");
    JobResult result = runs.run(input, with(options, "--max-failed=100%"));
    assertThat(result.totals().failedRows()).isEqualTo(20);
    assertThat(runs.vectors()).hasSize(20);
  }

  private static String[] with(String[] options, String more) {
    String[] all = java.util.Arrays.copyOf(options, options.length + 1);
    all[options.length] = more;
    return all;
  }

  private void assertRefused(Runs runs, String input, String... messageParts) throws IOException {
    assertThatThrownBy(() -> runs.run(input, "--id-column=id"))
        .isInstanceOf(UserError.class)
        .satisfies(e -> assertThat(e.getMessage()).contains(messageParts).doesNotContain("\n"));
    assertThat(runs.visibleFiles()).isEmpty();
  }

  @Test
  void anIdThatIsNullIsRefusedBeforeAnythingIsEmbedded() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    Path input = folder.resolve("in.json");
    Files.writeString(input, "{\"id\":null,\"text\":\"a\"}\n{\"id\":2,\"text\":\"b\"}\n");

    assertRefused(runs, input.toString(), "1 row of", "has no id", "--id-column");
  }

  @Test
  void anIdOfTwoRowsIsRefusedByName() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    Path input = folder.resolve("in.json");
    Files.writeString(input, "{\"id\":7,\"text\":\"a\"}\n{\"id\":7,\"text\":\"b\"}\n");

    assertRefused(runs, input.toString(), "such as 7", "unique");
  }

  @Test
  void aParquetFileThatIsDamagedIsNamed() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    String input = folder.resolve("in.parquet").toString();
    spark.sql("SELECT id, 'a' AS text FROM range(10)").repartition(2).write().parquet(input);
    Path victim;
    try (var files = Files.newDirectoryStream(Path.of(input), "part-*.parquet")) {
      victim = files.iterator().next();
    }
    Files.deleteIfExists(victim.resolveSibling("." + victim.getFileName() + ".crc"));
    Files.writeString(victim, "this is no Parquet file, though it is called one");

    assertRefused(runs, input, "not a Parquet file", victim.getFileName().toString());
  }

  @Test
  void anInputFileThatVanishesIsNamed() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    Path input = folder.resolve("in");
    spark
        .sql("SELECT id, 'a' AS text FROM range(10)")
        .repartition(2)
        .write()
        .parquet(input.toString());
    spark.read().parquet(input.toString()).createOrReplaceTempView("listed_before");
    Path victim;
    try (var files = Files.newDirectoryStream(input, "part-*.parquet")) {
      victim = files.iterator().next();
    }
    Files.delete(victim);

    assertRefused(runs, "listed_before", victim.getFileName().toString(), "not exist");
  }

  @Test
  void anOutputThatCannotBeWrittenIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("out"), "a file where a folder has to be");
    Runs runs = new Runs(folder, "parquet");

    assertThatThrownBy(
            () -> runs.run(runs.json("in.json", Map.of(1, "a")), "--save-mode=overwrite"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("out");
    assertThat(file).hasContent("a file where a folder has to be");
  }

  @Test
  void aFullDiskLeavesNothingThatIsTakenForData() throws Exception {
    Path small = Files.createDirectory(folder.resolve("small"));
    Assumptions.assumeTrue(mount(small), "only root can mount a small file system");
    try {
      Path work = Files.createDirectory(small.resolve("work"));
      Runs runs = new Runs(work, "parquet");

      assertThatThrownBy(
              () ->
                  runs.run(
                      null,
                      "--query=SELECT id, concat('text ', id) AS text, array_join(transform("
                          + "sequence(1, 40), i -> sha2(string(100 * id + i), 512)), '') AS ballast"
                          + " FROM range(4000)",
                      "--id-column=id"))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("No space left on device");
      assertThat(runs.visibleFiles()).isEmpty();
    } finally {
      new ProcessBuilder("umount", "--lazy", small.toString()).start().waitFor();
    }
  }

  private static boolean mount(Path path) throws Exception {
    try {
      return new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", path.toString())
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false; // No such program.
    }
  }
}
