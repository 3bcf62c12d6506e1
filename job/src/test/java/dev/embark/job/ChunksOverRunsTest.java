package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.job.ResumeTest.Crash;
import dev.embark.job.ResumeTest.CrashingSink;
import dev.embark.job.ResumeTest.Moment;
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
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Chunks in runs that are interrupted, and in runs that read only what has changed. */
@Tag("stores")
class ChunksOverRunsTest {
  private static final int TEXTS = 12;
  private static final String[] CHUNKS = {
    "--explode-chunks", "--option=chunkTokens=9", "--id-column=id", "--dimensions=8"
  };

  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();
  private String table;

  @AfterEach
  void drop() {
    if (table != null) {
      spark.sql("DROP TABLE IF EXISTS " + table);
    }
  }

  /** A text of {@code sentences} chunks. */
  private static String text(String name, int sentences) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < sentences; i++) {
      text.append(i == 0 ? "" : " ").append("The ").append(name).append(" has number ").append(i);
      text.append('.');
    }
    return text.toString();
  }

  private static Map<Integer, String> texts() {
    Map<Integer, String> texts = new TreeMap<>();
    for (int id = 0; id < TEXTS; id++) {
      texts.put(id, id == 5 ? null : text("dog", 1 + id % 3));
    }
    return texts;
  }

  private static String[] with(String... more) {
    List<String> all = new ArrayList<>(Arrays.asList(CHUNKS));
    all.addAll(Arrays.asList(more));
    return all.toArray(String[]::new);
  }

  private Runs runs(String format) {
    Assumptions.assumeTrue(format.equals("parquet") || LocalSpark.hasTables());
    return new Runs(folder, format);
  }

  /** Every row: id, place and text of the chunk, rounded vector; of the newest version in files. */
  private static List<String> rows(Runs runs) {
    Dataset<Row> all = runs.written();
    if (List.of(all.columns()).contains("embedding_version")) {
      all =
          all.selectExpr("*", "max(embedding_version) OVER (PARTITION BY id) AS newest")
              .where("embedding_version = newest");
    }
    return all
        .selectExpr(
            "CAST(id AS INT) AS id",
            "chunk_position AS p",
            "chunk_begin",
            "chunk_end",
            "chunk_text",
            "transform(embedding, x -> round(x, 3) + 0.0) AS e")
        .orderBy("id", "p")
        .collectAsList()
        .stream()
        .map(Row::toString)
        .toList();
  }

  private List<String> undisturbed(Map<Integer, String> texts) throws IOException {
    Runs calm = new Runs(Files.createDirectory(folder.resolve("calm")), "parquet");
    calm.run(calm.json("in.json", texts), CHUNKS);
    return rows(calm);
  }

  @ParameterizedTest
  @CsvSource({
    "parquet, AFTER_PREPARE",
    "parquet, WITHIN_PUBLISH",
    "parquet, AFTER_PUBLISH",
    "delta, BEFORE_PUBLISH",
    "delta, AFTER_PUBLISH",
    "iceberg, AFTER_PUBLISH"
  })
  void eachChunkIsThereOnceAfterACrash(String format, Moment moment) throws IOException {
    crashAndResume(format, moment);
  }

  private void crashAndResume(String format, Moment moment) throws IOException {
    Runs runs = runs(format);
    String input = runs.json("in.json", texts());
    crash(runs, moment, input, with("--rows-per-wave=4", "--repartition=2"));
    Files.delete(Path.of(input)); // the resumed run reads its own copy

    JobResult result = runs.run(input, with("--rows-per-wave=4", "--repartition=2"));

    assertThat(result.counts().rows()).isEqualTo(TEXTS);
    assertThat(runs.events).contains("planned 3").endsWith("finished");
    assertThat(rows(runs)).isEqualTo(undisturbed(texts()));
  }

  private static void crash(Runs runs, Moment moment, String input, String... options) {
    runs.sink = sink -> new CrashingSink(sink, moment);
    assertThatThrownBy(() -> runs.run(input, options)).hasRootCauseInstanceOf(Crash.class);
    runs.sink = sink -> sink;
  }

  /** Half of the changed texts have their new chunks when the run ends. */
  @ParameterizedTest
  @CsvSource({"parquet, BEFORE_PUBLISH", "delta, AFTER_PUBLISH", "iceberg, BEFORE_PUBLISH"})
  void aRunThatReplacesChunksIsResumed(String format, Moment moment) throws IOException {
    Runs runs = runs(format);
    runs.run(runs.json("in.json", texts()), CHUNKS);
    Map<Integer, String> dayTwo = texts();
    for (int id = 0; id < 6; id++) {
      dayTwo.put(id, text("cat", 1 + (id + 1) % 3)); // also where the text was NULL
    }
    dayTwo.put(20, text("moon", 2));
    String input = runs.json("two.json", dayTwo);
    String[] append = with("--save-mode=append", "--rows-per-wave=4");
    crash(runs, moment, input, append);

    JobResult result = runs.run(input, append);

    assertThat(result.plan().input().changed()).isEqualTo(6);
    assertThat(result.plan().input().added()).isEqualTo(1);
    List<String> expected = undisturbed(dayTwo);
    assertThat(rows(runs)).isEqualTo(expected);
    assertThat(runs.run(input, append).counts().rows()).isZero();
    assertThat(rows(runs)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"parquet", "delta", "iceberg"})
  void chunksOfChangedFilesReplaceTheOldOnes(String format) throws IOException {
    Runs runs = runs(format);
    Path in = Files.createDirectory(folder.resolve("in"));
    file(in.resolve("a.json"), 1, Map.of(1, text("dog", 3), 2, text("dog", 1)));
    file(in.resolve("b.json"), 2, Map.of(3, text("sun", 2)));
    file(in.resolve("gone.json"), 3, Map.of(4, text("bird", 3)));
    runs.run(in.toString(), CHUNKS);
    Map<Integer, String> changed = Map.of(1, text("cat", 2), 2, text("dog", 1));
    file(in.resolve("a.json"), 4, changed);
    file(in.resolve("c.json"), 5, Map.of(5, text("tree", 3)));
    Files.delete(in.resolve("gone.json"));
    long before = ApplicationProgress.of(spark).ended().rows();

    JobResult result = runs.run(in.toString(), with("--save-mode=append", "--incremental"));

    assertThat(ApplicationProgress.of(spark).ended().rows() - before).isEqualTo(2);
    assertThat(result.plan().comparison().by()).isEqualTo(By.CHANGED_FILES);
    assertThat(result.plan().comparison().fallback()).isNull();
    assertThat(result.plan().input().changed()).isEqualTo(1);
    assertThat(result.plan().input().added()).isEqualTo(1);
    Map<Integer, String> now = new TreeMap<>(changed);
    now.put(3, text("sun", 2));
    now.put(4, text("bird", 3)); // is listed as deleted, and kept
    now.put(5, text("tree", 3));
    assertThat(deleted(result)).containsExactly(4L);
    assertThat(rows(runs)).isEqualTo(undisturbed(now));
  }

  private static void file(Path file, int minute, Map<Integer, String> texts) throws IOException {
    List<String> lines = new ArrayList<>();
    texts.forEach((id, text) -> lines.add("{\"id\":%d,\"text\":\"%s\"}".formatted(id, text)));
    Files.write(file, lines);
    Instant time = Instant.parse("2026-01-01T00:00:00Z").plusSeconds(60L * minute);
    Files.setLastModifiedTime(file, FileTime.from(time));
  }

  @ParameterizedTest
  @CsvSource({"delta, parquet", "iceberg, iceberg"})
  void chunksOfChangedRowsOfATableReplaceTheOldOnes(String format, String output)
      throws IOException {
    Runs runs = runs(output);
    table = format.equals("delta") ? "chunked_source" : "lake.db.chunked_source";
    spark
        .createDataset(
            texts().entrySet().stream()
                .filter(e -> e.getValue() != null)
                .map(e -> "{\"id\":%d,\"text\":\"%s\"}".formatted(e.getKey(), e.getValue()))
                .toList(),
            org.apache.spark.sql.Encoders.STRING())
        .createOrReplaceTempView("lines");
    spark.sql(
        ("CREATE TABLE %s USING %s %s AS SELECT l.* FROM (SELECT from_json(value, 'id BIGINT, text"
                + " STRING') AS l FROM lines)")
            .formatted(
                table,
                format,
                format.equals("delta") ? "TBLPROPERTIES (delta.enableChangeDataFeed = true)" : ""));
    runs.run(table, CHUNKS);
    spark.sql("UPDATE %s SET text = '%s' WHERE id = 2".formatted(table, text("cat", 1)));
    spark.sql("UPDATE %s SET text = '%s' WHERE id = 3".formatted(table, text("cat", 3)));
    spark.sql("DELETE FROM %s WHERE id = 7".formatted(table));
    spark.sql("INSERT INTO %s VALUES (30, '%s')".formatted(table, text("moon", 2)));

    JobResult result = runs.run(table, with("--save-mode=append", "--incremental"));

    assertThat(result.plan().comparison().fallback()).isNull();
    assertThat(result.plan().input().changed()).isEqualTo(2);
    assertThat(result.plan().input().added()).isEqualTo(1);
    assertThat(deleted(result)).containsExactly(7L);
    Map<Integer, String> now = texts();
    now.remove(5);
    now.put(2, text("cat", 1));
    now.put(3, text("cat", 3));
    now.put(30, text("moon", 2));
    assertThat(rows(runs)).isEqualTo(undisturbed(now));
    if (!output.equals("parquet")) {
      // As the guide has it; all chunks of a text go.
      spark.sql("DELETE FROM %s WHERE id = 7".formatted(runs.table()));
      assertThat(runs.written().where("id = 7").count()).isZero();
    }
  }

  private List<Long> deleted(JobResult result) {
    return spark.read().parquet(result.stateFolder() + "/deleted").collectAsList().stream()
        .map(row -> row.getLong(0))
        .sorted()
        .toList();
  }
}
