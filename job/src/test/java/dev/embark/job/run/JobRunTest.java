package dev.embark.job.run;

import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.rows.RowCounts;
import dev.embark.job.LocalSpark;
import dev.embark.job.Runs;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.RunTotals;
import dev.embark.job.cli.UserError;
import dev.embark.job.state.FunctionCall;
import dev.embark.spark.Embark;
import dev.embark.spark.metrics.ApplicationProgress;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs with various sources and sinks, with deduplication and with a quarantine. */
class JobRunTest {
  private static final String LONG = "one two three four five six seven eight";

  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();

  @Test
  void aQueryIsAnInput() {
    Runs runs = new Runs(folder, "parquet");

    runs.run(null, "--query=SELECT id, concat('text ', id) AS text FROM range(5)");

    assertThat(runs.vectors()).hasSize(5);
  }

  @Test
  void allWavesComputeWithOneModelAlsoWhenItsFileIsOverwritten() throws IOException {
    Path model = folder.resolve("m.gguf");
    try (InputStream in =
        getClass().getResourceAsStream("/dev/embark/model/all-MiniLM-L6-v2-f16.gguf")) {
      Files.copy(in, model);
    }
    Runs runs = new Runs(folder, "parquet");
    runs.atWaveStart =
        () -> {
          if (runs.events.contains("committed 0")) {
            overwrite(model);
          }
        };

    runs.run(
        runs.json("in.json", Map.of(1, "one", 2, "one")), "--rows-per-wave=1", "--model=" + model);

    assertThat(model).hasContent("no model");
    assertThat(runs.vectors().get(1)).isNotNull().isEqualTo(runs.vectors().get(2));
  }

  private static void overwrite(Path file) {
    try {
      Files.writeString(file, "no model");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aModelOfAWebServerThatTheCommandNamesIsAllowed() {
    String url = "http://127.0.0.1:1/m.gguf";
    JobSpec spec = new Runs(folder, "parquet").spec("in.json", "--model=" + url);

    assertThat(spark.range(1).select(FunctionCall.of(spec).result(lit("text"))).columns())
        .hasSize(1);

    Map<String, String> other = Map.of("model", url + "2");
    assertThatThrownBy(() -> spark.range(1).select(Embark.embed(lit("text"), other)))
        .hasMessageContaining("is on a server that its URL names");
  }

  @Test
  void orcIsAnInput() {
    String input = folder.resolve("in.orc").toString();
    spark.sql("SELECT id, concat('text ', id) AS text FROM range(5)").write().orc(input);
    Runs runs = new Runs(folder, "parquet");

    runs.run(input);

    assertThat(runs.vectors()).hasSize(5).doesNotContainValue(null);
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"delta", "iceberg"})
  void aTableOfAnotherFormatIsAnInput(String format) {
    Assumptions.assumeTrue(LocalSpark.hasTables());
    String table = format.equals("iceberg") ? "lake.db.source" : "source_of_delta";
    spark
        .sql("SELECT id, concat('text ', id) AS text FROM range(5)")
        .write()
        .format(format)
        .saveAsTable(table);
    try {
      Runs runs = new Runs(folder, "parquet");

      runs.run(table);

      assertThat(runs.vectors()).hasSize(5).doesNotContainValue(null);
    } finally {
      spark.sql("DROP TABLE " + table);
    }
  }

  @Test
  void aSecondRunIntoAnOutputIsRefusedWhileTheFirstIsAtWork() throws IOException {
    Runs first = new Runs(folder, "parquet");
    Runs second = new Runs(folder, "parquet");
    String input = first.json("in.json", Map.of(1, "one", 2, "two", 3, "three"));
    first.atWaveStart =
        () ->
            assertThatThrownBy(() -> second.run(input, "--save-mode=overwrite"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("is writing to");

    first.run(input);

    assertThat(second.events).isEmpty();
    assertThat(first.vectors()).hasSize(3);
  }

  @Test
  void aLinkTargetOutlivesTheReplacedOutput() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    runs.run(runs.json("in.json", Map.of(1, "one")));
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere/deep"));
    Path precious = Files.writeString(elsewhere.resolve("precious.txt"), "precious");
    Path output = Path.of(runs.output());
    Path nested = Files.createDirectories(output.resolve("topic=1"));
    List<Path> links =
        List.of(
            Files.createSymbolicLink(output.resolve("topic=2"), elsewhere.getParent()),
            Files.createSymbolicLink(nested.resolve("deep"), elsewhere),
            Files.createSymbolicLink(output.resolve("precious.txt"), precious));

    runs.run(runs.json("more.json", Map.of(2, "two", 3, "three")), "--save-mode=overwrite");

    assertThat(precious).hasContent("precious");
    assertThat(links).noneMatch(link -> Files.exists(link, LinkOption.NOFOLLOW_LINKS));
    assertThat(runs.vectors()).hasSize(2);
  }

  /** A renewal that hung while writing completes after another run has taken over. */
  @Tag("stores")
  @Test
  void aRunWhoseLockComesBackAfterAnotherHadItWritesNothingTwice() throws IOException {
    Runs paused = new Runs(folder, "parquet");
    Runs other = new Runs(folder, "parquet");
    String input = paused.json("in.json", Map.of(1, "one", 2, "two", 3, "three"));
    String[] options = {"--id-column=id", "--rows-per-wave=1"};
    Path lock = paused.state().resolve("lock.json");
    other.atWaveStart = endOnce("committed 1", other);
    paused.atWaveStart =
        () -> {
          if (paused.events.contains("committed 0")) {
            byte[] own = taken(lock);
            assertThatThrownBy(() -> other.run(input, options)).hasMessage("the end");
            putBack(lock, own);
          }
        };

    assertThatThrownBy(() -> paused.run(input, options))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Another run took over");

    assertThat(paused.vectors()).hasSize(2);
    other.run(input, options);
    assertThat(paused.vectors()).hasSize(3);
  }

  private static Runnable endOnce(String event, Runs runs) {
    return () -> {
      if (runs.events.contains(event) && !runs.events.contains("ended early FAILED")) {
        throw new UserError("the end");
      }
    };
  }

  private static byte[] taken(Path file) {
    try {
      byte[] content = Files.readAllBytes(file);
      Files.delete(file);
      return content;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void putBack(Path file, byte[] content) {
    try {
      Files.write(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"parquet", "delta"})
  void aRunDiscardedBeforeItsFirstCommitLeavesNoTrace(String format) throws IOException {
    Assumptions.assumeTrue(format.equals("parquet") || LocalSpark.hasTables());
    Runs runs = new Runs(folder, format);
    String input = runs.json("in.json", Map.of(1, "one"));
    runs.atWaveStart =
        () -> {
          throw new UserError("the end");
        };
    assertThatThrownBy(() -> runs.run(input, "--id-column=id")).hasMessage("the end");
    runs.atWaveStart = () -> {};
    runs.run(input, "--id-column=id", "--dimensions=16", "--save-mode=overwrite");

    JobResult again = runs.run(input, "--id-column=id", "--dimensions=16", "--save-mode=append");

    assertThat(again.plan().input().skipped()).isEqualTo(1);
  }

  @Test
  void aQuarantineForgetsARunThatWasGivenUp() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    String input = runs.json("in.json", Map.of(1, LONG, 2, LONG));
    String[] options = {"--id-column=id", "--rows-per-wave=1", "--save-mode=overwrite"};
    runs.atWaveStart =
        () -> {
          if (runs.events.contains("committed 0")) {
            throw new UserError("the end");
          }
        };
    assertThatThrownBy(
            () -> runs.run(input, "--max-tokens=6", "--long-text=error", options[0], options[1]))
        .hasMessage("the end");
    runs.atWaveStart = () -> {};

    runs.run(input, options);

    assertThat(quarantine(runs)).isEmpty();
  }

  @Test
  void aQuarantineHoldsIdsOfAllRuns() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    String input = runs.json("in.json", Map.of(1, LONG, 2, "two"));
    String[] strict = {"--max-tokens=6", "--long-text=error", "--save-mode=overwrite"};
    runs.run(input, strict);

    runs.run(input, strict[0], strict[1], strict[2], "--id-column=id");

    assertThat(spark.read().parquet(runs.state() + "/quarantine").collectAsList())
        .extracting(row -> row.getString(0))
        .containsExactly("1");
  }

  @Test
  void partsOfLongTextsAreSmallAndARunResumesAfterThoseThatAreCommitted() {
    Runs runs = new Runs(folder, "parquet");
    // 30 texts of 400,000 bytes, of which the model reads the first 256 tokens.
    String[] options = {
      "--query=SELECT id, concat(id, repeat(' and another word', 23530)) AS text FROM range(30)",
      "--id-column=id"
    };
    runs.atWaveStart =
        () -> {
          if (runs.events.contains("started 1")) {
            throw new IllegalStateException("crash");
          }
        };
    assertThatThrownBy(() -> runs.run(null, options)).hasMessageContaining("1 of 2 waves are in");
    // Two cores get 4 MiB a part, which is 10 texts; the second wave takes all others.
    assertThat(runs.events).startsWith("planned 4", "started 0", "committed 0", "started 1");
    assertThat(runs.written().count()).isBetween(5L, 10L);
    runs.atWaveStart = () -> {};
    runs.events.clear();

    runs.run(null, options);

    assertThat(runs.events).containsExactly("planned 2", "started 1", "committed 1", "finished");
    assertThat(runs.vectors()).hasSize(30);
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"orc", "json"})
  void otherFormatsAreWritten(String format) throws IOException {
    Runs runs = new Runs(folder, format);

    runs.run(runs.json("in.json", Map.of(1, "one", 2, "two", 3, "three")), "--rows-per-wave=1");

    assertThat(runs.written().selectExpr("size(embedding)").collectAsList())
        .extracting(row -> row.getInt(0))
        .containsExactly(384, 384, 384);
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource({
    "--option=output=float, false",
    "--option=output=int8, true",
    "--dedupe, true",
    "--output-option=parquet.enable.dictionary#Vectors.list.element=true, true",
  })
  void floatsHaveADictionaryOnlyWhereItMaySaveRoom(String option, boolean has) throws IOException {
    Runs runs = new Runs(folder, "parquet");

    runs.run(
        null,
        "--query=SELECT id, 'the same' AS text FROM range(100)",
        "--embedding-column=Vectors",
        option);

    for (String file : runs.written().inputFiles()) {
      assertThat(hasDictionary(file, "Vectors.list.element")).isEqualTo(has);
      assertThat(hasDictionary(file, "text")).isTrue();
    }
  }

  private boolean hasDictionary(String file, String column) throws IOException {
    HadoopInputFile input =
        HadoopInputFile.fromPath(
            new org.apache.hadoop.fs.Path(file), spark.sessionState().newHadoopConf());
    try (ParquetFileReader reader = ParquetFileReader.open(input)) {
      return reader.getFooter().getBlocks().stream()
          .flatMap(block -> block.getColumns().stream())
          .filter(chunk -> chunk.getPath().toDotString().equals(column))
          .anyMatch(ColumnChunkMetaData::hasDictionaryPage);
    }
  }

  @Tag("stores")
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
      texts.put(i, i == 59 ? null : "text number " + i % 25);
    }
    RowCounts before = ApplicationProgress.of(spark).ended();

    JobResult result = runs.run(runs.json("in.json", texts), "--dedupe", "--rows-per-wave=10");

    assertThat(result.plan().waves()).isGreaterThan(1);
    assertThat(ApplicationProgress.of(spark).ended().minus(before).rows()).isEqualTo(25);
    assertThat(result.counts().deduplicated()).isEqualTo(59 - 25);
    assertThat(result.counts().rows()).isEqualTo(60);
    assertThat(result.counts().nulls()).isEqualTo(1);
    assertThat(result.counts().tokens())
        .isEqualTo(ApplicationProgress.of(spark).ended().minus(before).tokens());
    Map<Integer, List<Float>> vectors = runs.vectors();
    assertThat(vectors).hasSize(60);
    assertThat(vectors.get(0)).isEqualTo(vectors.get(25)).isNotEqualTo(vectors.get(1));
    assertThat(vectors.get(59)).isNull();
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"--save-mode=errorifexists", "--save-mode=append"})
  void noWaveIsLargerThanAskedForHoweverOftenATextComes(String saveMode) throws IOException {
    Runs runs = new Runs(folder, "parquet");
    Map<Integer, String> texts = new TreeMap<>();
    for (int i = 0; i < 60; i++) {
      texts.put(i, i < 45 ? "the same" : "text number " + i);
    }
    String input = runs.json("in.json", texts);
    if (saveMode.endsWith("append")) {
      runs.run(null, "--query=SELECT 99L AS id, 'a' AS text", "--id-column=id");
    }

    JobResult result =
        runs.run(input, "--id-column=id", "--dedupe", "--rows-per-wave=10", saveMode);

    assertThat(result.waves()).allMatch(wave -> wave.totals().counts().rows() <= 10);
    assertThat(result.counts().rows()).isEqualTo(60);
    // Counted once per wave that contains the text, not once per row.
    assertThat(60 - result.counts().deduplicated()).isBetween(16L, 16L + result.plan().waves());
    assertThat(runs.vectors()).containsKeys(0, 59).doesNotContainValue(null);
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
    assertThat(rows).extracting(row -> row.getString(0)).containsExactly("2", "4");
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

  @Tag("stores")
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

    assertThat(again.counts().rows()).isEqualTo(2);
    assertThat(again.counts().failed()).isZero();
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

    for (String limit : List.of("9", "9", "50%")) {
      assertThatThrownBy(() -> runs.run(input, with(options, "--max-failed=" + limit)))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("10 of 10 rows failed, which is more than --max-failed %s;", limit)
          .hasMessageContaining("1 of 2 waves");
    }
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> runs.run(input, with(options, "--max-failed=19")))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("20 of 20 rows failed")
          .hasMessageContaining("2 of 2 waves");
    }
    assertThat(runs.events).doesNotContain("finished").containsOnlyOnce("started 1");
    JobResult result = runs.run(input, with(options, "--max-failed=100%"));
    assertThat(result.counts().failed()).isEqualTo(20);
    assertThat(runs.vectors()).hasSize(20);
  }

  private static String[] with(String[] options, String more) {
    String[] all = java.util.Arrays.copyOf(options, options.length + 1);
    all[options.length] = more;
    return all;
  }
}
