package dev.embark.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.job.cli.UserError;
import dev.embark.job.run.DryRun;
import dev.embark.job.run.JobResult;
import dev.embark.job.state.Manifest.Comparison.By;
import dev.embark.spark.metrics.ApplicationProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Incremental runs over files read those that are new or have another size or time. */
class ChangedFilesTest {
  private static final String[] INCREMENTAL = {
    "--id-column=id", "--save-mode=append", "--incremental", "--dimensions=8"
  };
  private static final String FALLBACK = "--incremental compares all rows of the input: ";

  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();
  private int minutes; // files are a minute apart, all long settled

  private Path in() {
    return folder.resolve("in");
  }

  /** Writes a Parquet file of the ids from one number to another. */
  private Path parquet(String name, int from, int to, String text) throws IOException {
    Path written = folder.resolve("written");
    spark
        .range(from, to, 1, 1)
        .selectExpr("id", "concat('%s ', id) AS text".formatted(text))
        .write()
        .mode("overwrite")
        .parquet(written.toString());
    Path part;
    try (var files = Files.list(written)) {
      part = files.filter(file -> file.toString().endsWith(".parquet")).findFirst().orElseThrow();
    }
    return settled(name, Files.readAllBytes(part));
  }

  private Path json(String name, int from, int to) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int id = from; id < to; id++) {
      lines.add("{\"id\":%d,\"text\":\"text %d\"}".formatted(id, id));
    }
    return settled(name, String.join("\n", lines).getBytes(UTF_8));
  }

  private Path settled(String name, byte[] bytes) throws IOException {
    Path file = in().resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
    Instant time = Instant.parse("2026-01-01T00:00:00Z").plusSeconds(60L * minutes++);
    return Files.setLastModifiedTime(file, FileTime.from(time));
  }

  private JobResult run(Runs runs, String... options) {
    return runs.run(in().toString(), options);
  }

  private Runs firstRun() {
    Runs runs = new Runs(folder, "parquet");
    run(runs, "--id-column=id", "--dimensions=8");
    return runs;
  }

  private static void assertCompared(JobResult result, By by, long rows) {
    assertThat(result.plan().comparison().by()).isEqualTo(by);
    assertThat(result.plan().comparison().rowsRead()).isEqualTo(rows);
  }

  private List<Long> deleted(JobResult result) {
    return spark.read().parquet(result.stateFolder() + "/deleted").collectAsList().stream()
        .map(row -> row.getLong(0))
        .sorted()
        .toList();
  }

  @Test
  void onlyNewFilesAreOpened() throws IOException {
    parquet("a.parquet", 0, 10, "text");
    Path unchanged = parquet("b.parquet", 10, 20, "text");
    Runs runs = firstRun();
    // Reading it again would fail.
    FileTime time = Files.getLastModifiedTime(unchanged);
    byte[] bytes = Files.readAllBytes(unchanged);
    Arrays.fill(bytes, (byte) 0);
    Files.write(unchanged, bytes);
    Files.setLastModifiedTime(unchanged, time);
    parquet("c.parquet", 20, 23, "text");
    long before = ApplicationProgress.of(spark).ended().rows();

    JobResult result = run(runs, INCREMENTAL);

    assertCompared(result, By.CHANGED_FILES, 3);
    assertThat(ApplicationProgress.of(spark).ended().rows() - before).isEqualTo(3);
    assertThat(result.plan().input().added()).isEqualTo(3);
    assertThat(result.plan().input().skipped()).isZero();
    assertThat(runs.vectors()).hasSize(23);

    JobResult again = run(runs, INCREMENTAL);
    assertCompared(again, By.CHANGED_FILES, 0);
    assertThat(again.counts().rows()).isZero();
  }

  @Tag("stores")
  @Test
  void rowsOfChangedFilesAreComparedAndIdsOfVanishedOnesListed() throws IOException {
    Path vanishes = parquet("a.parquet", 0, 10, "text");
    parquet("b.parquet", 10, 20, "text");
    parquet("c.parquet", 20, 30, "text");
    Runs runs = firstRun();
    Files.delete(vanishes);
    parquet("b.parquet", 12, 20, "text"); // two ids fewer
    parquet("d.parquet", 30, 34, "text");

    JobResult result = run(runs, INCREMENTAL);

    assertCompared(result, By.CHANGED_FILES, 12);
    assertThat(result.plan().input().added()).isEqualTo(4);
    assertThat(result.plan().input().changed()).isZero();
    assertThat(result.plan().input().skipped()).isEqualTo(8);
    assertThat(deleted(result)).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L);
    assertThat(result.plan().input().deleted()).isEqualTo(12);

    parquet("c.parquet", 20, 30, "other");
    parquet("e.parquet", 34, 36, "text");
    JobResult next = run(runs, INCREMENTAL);
    assertThat(next.plan().input().changed()).isEqualTo(10);
    assertThat(next.plan().input().added()).isEqualTo(2);
    assertThat(next.plan().input().deleted()).isEqualTo(12);

    parquet("a.parquet", 0, 5, "text"); // comes back
    JobResult back = run(runs, INCREMENTAL);
    assertCompared(back, By.CHANGED_FILES, 5);
    assertThat(back.counts().rows()).isZero();
    assertThat(deleted(back)).containsExactly(5L, 6L, 7L, 8L, 9L, 10L, 11L);

    parquet("f.parquet", 36, 37, "text");
    assertThat(run(runs, INCREMENTAL).plan().input().deleted()).isEqualTo(7);
    JobResult all = run(runs, "--id-column=id", "--save-mode=append", "--dimensions=8");
    assertCompared(all, By.ALL_ROWS, 30);
    assertThat(all.counts().rows()).isZero();
    assertThat(deleted(all)).containsExactly(5L, 6L, 7L, 8L, 9L, 10L, 11L);
  }

  @Test
  void anIdOfAnUnchangedFileIsStillRefused() throws IOException {
    parquet("a.parquet", 0, 10, "text");
    Runs runs = firstRun();
    parquet("b.parquet", 9, 12, "text");

    assertThatThrownBy(() -> run(runs, INCREMENTAL))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("1 row of " + in() + " has an id (id) that another row has too");
  }

  @Tag("stores")
  @Test
  void aFileThatMayStillChangeIsReadAgain() throws IOException {
    parquet("a.parquet", 0, 10, "text");
    Path young = parquet("b.parquet", 10, 12, "text");
    Files.setLastModifiedTime(young, FileTime.from(Instant.now().plusSeconds(60)));
    Runs runs = firstRun();

    JobResult result = run(runs, INCREMENTAL);

    assertCompared(result, By.CHANGED_FILES, 2);
    assertThat(result.plan().input().skipped()).isEqualTo(2);
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"a b.json", "lang=a b%/é+%20#.json"})
  void namesOfFilesAreFoundAsTheyAre(String name) throws IOException {
    Path other = Path.of(name).resolveSibling("other.json");
    String asJson = "--input-format=json";
    json(other.toString(), 0, 10);
    Runs runs = new Runs(folder, "parquet");
    run(runs, "--id-column=id", "--dimensions=8", asJson);
    json(name, 10, 13);
    String[] options = concat(INCREMENTAL, asJson);

    assertThat(new DryRun(spark, runs.spec(in().toString(), options), text -> {}).run().rows())
        .isEqualTo(3);
    assertCompared(run(runs, options), By.CHANGED_FILES, 3);
    assertThat(runs.vectors()).hasSize(13);
  }

  @Test
  void damagedLinesOfNewFilesAreRefused() throws IOException {
    json("a.json", 0, 10);
    Runs runs = firstRun();
    settled("b.json", "{\"id\":10,\"text\":\"x\"} {\"id\":11,\"text\":\"y\"}".getBytes(UTF_8));

    assertThatThrownBy(() -> run(runs, INCREMENTAL))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("b.json");
  }

  @Tag("stores")
  @Test
  void withoutARecordAllRowsAreCompared() throws IOException {
    json("a.json", 0, 4);
    json("b.json", 4, 6);
    Runs runs = new Runs(folder, "parquet");
    String query = "--query=SELECT * FROM json.`%s`".formatted(in());
    runs.run(null, query, "--id-column=id", "--dimensions=8");

    assertFallback(
        run(runs, INCREMENTAL), runs, "the output has no record of what its last run read");
    assertCompared(run(runs, INCREMENTAL), By.CHANGED_FILES, 0);
    assertFallback(
        runs.run(null, concat(INCREMENTAL, query)),
        runs,
        "the last run into the output had another --input, --query");
    run(runs, INCREMENTAL);
    settled("a.json", Files.readAllBytes(in().resolve("a.json")));
    settled("b.json", Files.readAllBytes(in().resolve("b.json")));
    assertFallback(run(runs, INCREMENTAL), runs, "no file of " + in() + " is as the last run read");
  }

  private static String[] concat(String[] options, String more) {
    String[] all = Arrays.copyOf(options, options.length + 1);
    all[options.length] = more;
    return all;
  }

  private static void assertFallback(JobResult result, Runs runs, String reason) {
    assertCompared(result, By.ALL_ROWS, 6);
    assertThat(result.plan().comparison().fallback()).startsWith(reason);
    assertThat(runs.captured.err()).contains(FALLBACK + reason);
    assertThat(result.counts().rows()).isZero();
  }

  @Test
  void aFullComparisonCopiesNoRowThatIsThere() throws IOException {
    json("a.json", 0, 50);
    Runs runs = firstRun();
    json("b.json", 50, 52);
    List<Row> copied = new ArrayList<>();
    List<Long> compared = new ArrayList<>();
    runs.atWaveStart =
        () -> {
          String run = runs.state() + "/run-*/";
          copied.addAll(spark.read().parquet(run + "input").collectAsList());
          compared.add(spark.read().parquet(run + "compared").count());
          compared.add(spark.read().parquet(run + "compared").where("text IS NOT NULL").count());
        };

    JobResult result = run(runs, "--id-column=id", "--save-mode=append", "--dimensions=8");

    assertCompared(result, By.ALL_ROWS, 52);
    assertThat(result.plan().input().skipped()).isEqualTo(50);
    assertThat(copied).hasSize(2);
    assertThat(compared).containsExactly(52L, 2L);
    assertThat(runs.vectors()).hasSize(52);
  }
}
