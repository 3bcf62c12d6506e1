package dev.embark.job.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.job.Captured;
import dev.embark.job.EmbedJob;
import dev.embark.job.LocalSpark;
import dev.embark.job.cli.UserError;
import dev.embark.job.report.Schema;
import dev.embark.job.run.JobResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The report that a run writes to {@code _embark/}. */
class ReportWriterTest {
  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();
  private final Captured captured = new Captured(false);
  private JobResult result;

  /** A hundred short texts: ten duplicates, five NULL and four that exceed 64 tokens. */
  private String input() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      lines.add("{\"id\":%d,\"text\":\"secret %s\"}".formatted(i, "word ".repeat(1 + i % 30)));
    }
    for (int i = 100; i < 105; i++) {
      lines.add("{\"id\":%d}".formatted(i));
    }
    for (int i = 105; i < 109; i++) {
      lines.add("{\"id\":%d,\"text\":\"secret %s\"}".formatted(i, "long ".repeat(100 + i)));
    }
    return Files.write(folder.resolve("in.json"), lines).toString();
  }

  private JsonNode run(String... more) throws IOException {
    return runOf(input(), more);
  }

  private JsonNode runOf(String input, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("--input", input, "--output", output(), "--id-column=id"));
    arguments.addAll(List.of(more));
    EmbedJob job = new EmbedJob(captured.terminal());
    new CommandLine(job)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(arguments.toArray(String[]::new));
    result = job.run(spark);
    return report();
  }

  private JsonNode report() throws IOException {
    return new ObjectMapper().readTree(Files.readString(file("report.json")));
  }

  private String output() {
    return folder.resolve("out").toString();
  }

  private Path file(String name) {
    return Path.of(output(), "_embark", name);
  }

  /** Returns the token count of each embedded row, computed by a separate function. */
  private Map<Integer, Long> tokensByPowerOfTwo(String options) {
    List<Row> rows =
        spark
            .read()
            .parquet(output())
            .where("embedding IS NOT NULL")
            .selectExpr("embed_tokens(text, map(" + options + "))")
            .collectAsList();
    Map<Integer, Long> counts = new TreeMap<>();
    for (Row row : rows) {
      int tokens = row.getInt(0);
      int power = tokens <= 1 ? 1 : Integer.highestOneBit(tokens - 1) * 2;
      counts.merge(power, 1L, Long::sum);
    }
    return counts;
  }

  @Test
  void theReportAccountsForEveryRowAndFitsThePublishedSchema() throws Exception {
    JsonNode report = run("--max-tokens=64", "--long-text=error", "--rows-per-wave=40");

    assertThat(new Schema("report.schema.json").mistakes(report)).isEmpty();
    JsonNode totals = report.get("totals");
    assertThat(totals.get("rows").asInt()).isEqualTo(109);
    assertThat(totals.get("embedded").asInt()).isEqualTo(100);
    assertThat(totals.get("withoutText").asInt()).isEqualTo(5);
    assertThat(totals.get("failed").asInt()).isEqualTo(4);
    assertThat(report.get("failures").toString()).isEqualTo("[{\"kind\":\"TOO_LONG\",\"rows\":4}]");
    assertThat(report.at("/options/maxTokens").asText()).isEqualTo("64");
    assertThat(report.at("/run/idColumn").asText()).isEqualTo("id");
    assertThat(report.at("/model/dimensions").asInt()).isEqualTo(384);
    assertThat(report.at("/machine/cores").asInt()).isEqualTo(2);
    assertThat(report.at("/machine/spark").asText()).isEqualTo(spark.version());
  }

  @Test
  void wavesTimelineAndLengthsAddUpToTheTotals() throws Exception {
    JsonNode report = run("--max-tokens=64", "--long-text=error", "--rows-per-wave=40");

    assertThat(report.get("waves").size()).isGreaterThanOrEqualTo(3);
    assertThat(sum(report, "waves", "rows")).isEqualTo(109);
    assertThat(sum(report, "waves", "failed")).isEqualTo(4);
    assertThat(sum(report, "waves", "tokens")).isEqualTo(report.at("/totals/tokens").asLong());
    assertThat(sum(report, "timeline", "rows")).isEqualTo(109);
    assertThat(sum(report, "timeline", "tokens")).isEqualTo(report.at("/totals/tokens").asLong());
    Map<Integer, Long> lengths = new TreeMap<>();
    for (JsonNode range : report.get("tokenLengths")) {
      assertThat(range.get("above").asInt()).isEqualTo(range.get("upTo").asInt() / 2);
      if (range.get("rows").asLong() > 0) {
        lengths.put(range.get("upTo").asInt(), range.get("rows").asLong());
      }
    }
    assertThat(lengths).isEqualTo(tokensByPowerOfTwo("'maxTokens', 64"));
    assertThat(report.at("/rates/tokensPerSecond").asDouble())
        .isCloseTo(
            report.at("/totals/tokens").asLong() / report.at("/run/seconds").asDouble(),
            within(0.1));
    assertThat(report.at("/rates/tokensPerSecond").asDouble())
        .isCloseTo(result.tokensPerSecond(), Percentage.withPercentage(1));
  }

  @Test
  void fromStartToEndAreTheSecondsOfTheRun() throws Exception {
    JsonNode run = run("--rows-per-wave=40").get("run");

    Duration between =
        Duration.between(
            Instant.parse(run.get("start").asText()), Instant.parse(run.get("end").asText()));
    assertThat(between.toMillis() / 1e3).isCloseTo(run.get("seconds").asDouble(), within(1.0));
  }

  private static long sum(JsonNode report, String list, String field) {
    long sum = 0;
    for (JsonNode item : report.get(list)) {
      sum += item.get(field).asLong();
    }
    return sum;
  }

  @Test
  void textsCutIntoWindowsAreCounted() throws Exception {
    JsonNode report = run("--max-tokens=64", "--long-text=chunk");

    assertThat(report.at("/totals/chunked").asInt()).isEqualTo(4);
    assertThat(report.at("/totals/truncated").asInt()).isZero();
    assertThat(report.at("/totals/failed").asInt()).isZero();
  }

  @Test
  void textsThatLostTheirTailAreCounted() throws Exception {
    JsonNode report = run("--max-tokens=64");

    assertThat(report.at("/totals/truncated").asInt()).isEqualTo(4);
    assertThat(report.at("/totals/chunked").asInt()).isZero();
  }

  @Test
  void thePageShowsTheSameFiguresAndNeitherFileContainsTextOfARow() throws Exception {
    JsonNode report = run("--max-tokens=64", "--long-text=error");

    String page = Files.readString(file("report.html"));
    assertThat(page)
        .contains("data-key='totals.rows' data-value='109'")
        .contains("data-key='totals.tokens' data-value='" + report.at("/totals/tokens") + "'")
        .doesNotContain("secret");
    assertThat(report.toString()).doesNotContain("secret");
  }

  @Test
  void aRunThatFailsLeavesAReportOfWhatItDid() throws Exception {
    String[] options = {
      "--max-tokens=64", "--long-text=error", "--rows-per-wave=40", "--max-failed=0"
    };
    assertThatThrownBy(() -> run(options))
        .isInstanceOf(UserError.class)
        .hasNoSuppressedExceptions();

    JsonNode report = report();
    assertThat(new Schema("report.schema.json").mistakes(report)).isEmpty();
    assertThat(report.at("/ending/state").asText()).isEqualTo("failed");
    assertThat(report.at("/ending/error").asText())
        .contains("rows failed, which is more than --max-failed 0", "run again");
    assertThat(report.at("/totals/failed").asInt()).isBetween(1, 4);
    assertThat(report.at("/totals/rows").asLong())
        .isEqualTo(spark.read().parquet(output()).count())
        .isEqualTo(sum(report, "waves", "rows"));
    assertThat(Files.readString(file("report.html")))
        .contains("Failed after " + report.get("waves").size() + " of ");
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource({
    "nix.json, --rows-per-wave=40, There is nothing at",
    "in.json, --model=/nix.gguf, /nix.gguf",
    "in.json, --text-column=nix, has no column nix",
    "same-id-twice.json, --rows-per-wave=40, unique"
  })
  void aRunThatFailsBeforeItIsPlannedLeavesAReportInAnOutputThatExists(
      String input, String option, String error) throws Exception {
    input();
    String row = "{\"id\":1,\"text\":\"a\"}";
    Files.write(folder.resolve("same-id-twice.json"), List.of(row, row));
    String failing = folder.resolve(input).toString();

    assertThatThrownBy(() -> runOf(failing, option))
        .hasMessageContaining(error)
        .hasNoSuppressedExceptions();
    assertThat(Path.of(output())).doesNotExist();

    assertThat(run().at("/ending/state").asText()).isEqualTo("done");
    assertThatThrownBy(() -> runOf(failing, "--save-mode=append", option))
        .hasMessageContaining(error)
        .hasNoSuppressedExceptions();
    assertFailedBeforeItsFirstWave(error);
  }

  @Test
  void anOptionOfTheSessionThatIsNotAllowedIsReported() throws Exception {
    run();
    spark.conf().set("spark.embark.longText", "shorten");
    try {
      assertThatThrownBy(() -> run("--save-mode=append"))
          .hasMessageContaining("shorten")
          .hasNoSuppressedExceptions();
    } finally {
      spark.conf().unset("spark.embark.longText");
    }

    assertFailedBeforeItsFirstWave("shorten");
  }

  private void assertFailedBeforeItsFirstWave(String error) throws Exception {
    JsonNode report = report();
    assertThat(new Schema("report.schema.json").mistakes(report)).isEmpty();
    assertThat(report.at("/ending/state").asText()).isEqualTo("failed");
    assertThat(report.at("/ending/error").asText()).contains(error);
    assertThat(report.at("/totals/rows").asInt()).isZero();
    assertThat(Files.readString(file("report.html"))).contains("Failed before the first wave");
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource({
    "errorifexists, done",
    "append, failed",
    "overwrite, failed",
  })
  void theReportOfAnotherRunIsReplacedOnlyWhereItsOutputWasToBeWrittenTo(
      String saveMode, String state) throws Exception {
    run();

    assertThatThrownBy(() -> runOf("nix.json", "--save-mode=" + saveMode))
        .isInstanceOf(UserError.class);

    assertThat(report().at("/ending/state").asText()).isEqualTo(state);
  }

  @ParameterizedTest
  @CsvSource({"--max-tokens=32, Another command was interrupted", "--model=/nix.gguf, /nix.gguf"})
  void theReportOfAnUnfinishedRunStaysWhereAnotherIsRefused(String option, String error)
      throws Exception {
    assertThatThrownBy(() -> run("--max-tokens=64", "--long-text=error", "--max-failed=0"))
        .isInstanceOf(UserError.class);
    JsonNode report = report();

    assertThatThrownBy(() -> run(option)).hasMessageContaining(error);

    assertThat(report()).isEqualTo(report);
  }

  @Test
  void aFolderThatIsNoOutputOfEmbarkGetsNoReport() throws Exception {
    spark.range(3).write().parquet(output());

    assertThatThrownBy(() -> runOf("nix.json", "--save-mode=overwrite"))
        .isInstanceOf(UserError.class);

    assertThat(file(".")).doesNotExist();
  }

  @Test
  void theRunThatCarriesOnReplacesTheReportOfTheOneThatFailed() throws Exception {
    String[] options = {"--max-tokens=64", "--long-text=error", "--rows-per-wave=40"};
    List<String> strict = new ArrayList<>(List.of(options));
    strict.add("--max-failed=0");
    assertThatThrownBy(() -> run(strict.toArray(String[]::new))).isInstanceOf(UserError.class);

    JsonNode report = run(options);

    assertThat(report.at("/ending").toString())
        .isEqualTo("{\"state\":\"done\",\"waves\":%d}".formatted(report.get("waves").size()));
    assertThat(report.at("/run/resumed").asBoolean()).isTrue();
    assertThat(report.at("/totals/rows").asInt()).isEqualTo(109);
  }

  @Test
  void nextToTheReportNothingIsLeftOver() throws Exception {
    run();

    try (var files = Files.list(file("."))) {
      assertThat(files.map(path -> path.getFileName().toString()))
          .contains("report.json", "report.html")
          .noneMatch(name -> name.contains("draft"));
    }
  }
}
