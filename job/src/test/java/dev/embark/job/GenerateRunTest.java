package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.engine.rows.RowCounts;
import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.RunTotals;
import dev.embark.job.cli.UserError;
import dev.embark.job.run.DryRun;
import dev.embark.job.run.Estimate;
import dev.embark.job.run.JobResult;
import dev.embark.spark.Embark;
import dev.embark.spark.TinyGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.ParameterException;

class GenerateRunTest {
  private static final int ANSWER_TOKENS = 6;

  @TempDir private static Path shared;
  @TempDir private Path folder;

  private static String model;

  private final SparkSession spark = LocalSpark.session();
  private Runs runs;

  @BeforeAll
  static void writeModel() throws IOException {
    model = TinyGenerator.write(shared).toString();
  }

  @BeforeEach
  void makeRuns() {
    runs = new Runs(folder, "parquet");
  }

  private static String[] generate(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--function=generate",
                "--model=" + model,
                "--max-tokens=" + ANSWER_TOKENS,
                "--id-column=id"));
    arguments.addAll(Arrays.asList(more));
    return arguments.toArray(String[]::new);
  }

  private static Map<Integer, String> prompts(int count) {
    Map<Integer, String> prompts = new TreeMap<>();
    for (int id = 0; id < count; id++) {
      prompts.put(id, "prompt " + id);
    }
    return prompts;
  }

  private static String tooLong() {
    return "x".repeat(2 * TinyGenerator.CONTEXT);
  }

  private Map<Integer, String> answers() {
    Map<Integer, String> answers = new TreeMap<>();
    for (Row row : runs.written().selectExpr("CAST(id AS INT)", "answer").collectAsList()) {
      assertThat(answers.containsKey(row.getInt(0))).as("id %d again", row.getInt(0)).isFalse();
      answers.put(row.getInt(0), row.getString(1));
    }
    return answers;
  }

  /** Returns the answers that SQL gives for the prompts. */
  private Map<String, Row> details(Collection<String> prompts) {
    Map<String, Row> details = new TreeMap<>();
    Dataset<Row> rows = spark.createDataset(List.copyOf(prompts), Encoders.STRING()).toDF("p");
    Map<String, String> options = Map.of("model", model, "maxTokens", "" + ANSWER_TOKENS);
    for (Row row :
        rows.select(rows.col("p"), Embark.generateDetail(rows.col("p"), options)).collectAsList()) {
      details.put(row.getString(0), row.getStruct(1));
    }
    return details;
  }

  @Test
  void everyPromptHasItsAnswerInAnyWave() throws IOException {
    Map<Integer, String> prompts = prompts(25);
    Map<String, Row> details = details(prompts.values());
    prompts.put(25, null);

    JobResult result = runs.run(runs.json("in.json", prompts), generate("--rows-per-wave=10"));

    assertThat(result.plan().waves()).isGreaterThan(1);
    Map<Integer, String> answers = answers();
    assertThat(answers).hasSize(26).containsEntry(25, null);
    long tokens = 0;
    for (int id = 0; id < 25; id++) {
      Row detail = details.get(prompts.get(id));
      assertThat(answers.get(id)).as("answer %d", id).isEqualTo(detail.getString(0));
      tokens += detail.getInt(1);
    }
    RowCounts counts = result.counts();
    assertThat(counts.tokens()).isEqualTo(tokens);
    assertThat(counts.done()).isEqualTo(25);
    assertThat(counts.nulls()).isEqualTo(1);
  }

  @Test
  void aPromptThatFailsIsInTheQuarantineAndIsTriedAgainInAnotherWay() throws IOException {
    Map<Integer, String> prompts = prompts(5);
    prompts.put(5, tooLong());
    String input = runs.json("in.json", prompts);

    RunTotals totals = runs.run(input, generate()).totals();

    assertThat(totals.failed()).containsOnlyKeys("TOO_LONG").containsEntry("TOO_LONG", 1L);
    Row failed = spark.read().parquet(runs.state().resolve("quarantine").toString()).first();
    assertThat(failed.<String>getAs("id")).isEqualTo("5");
    assertThat(answers()).hasSize(6).containsEntry(5, null);

    String[] again = generate("--long-text=truncate", "--retry-quarantined", "--save-mode=append");
    assertThat(runs.run(input, again).counts().done()).isEqualTo(1);
    long older = runs.written().where("id = 5 AND answer IS NULL").count();
    long newer = runs.written().where("id = 5 AND answer IS NOT NULL").count();
    assertThat(List.of(older, newer)).containsExactly(1L, 1L);
  }

  @Test
  void onlyNewPromptsAreAnswered() throws IOException {
    runs.run(runs.json("in.json", prompts(6)), generate());

    JobResult second = runs.run(runs.json("in2.json", prompts(8)), generate("--save-mode=append"));

    assertThat(second.counts().rows()).isEqualTo(2);
    assertThat(second.plan().input().skipped()).isEqualTo(6);
    assertThat(answers()).hasSize(8);
    assertThatThrownBy(
            () ->
                runs.run(
                    folder.resolve("in2.json").toString(),
                    generate("--save-mode=append", "--option=temperature=0.5")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("temperature is 0.5 here and 0.0 there");
  }

  @Test
  void equalPromptsAreAnsweredOnceWithDedupe() throws IOException {
    Map<Integer, String> prompts = new TreeMap<>();
    for (int id = 0; id < 12; id++) {
      prompts.put(id, "prompt " + id % 3);
    }

    RowCounts counts = runs.run(runs.json("in.json", prompts), generate("--dedupe")).counts();

    assertThat(counts.deduplicated()).isEqualTo(9);
    assertThat(answers().get(11))
        .isEqualTo(details(List.of("prompt 2")).get("prompt 2").getString(0));
  }

  @Test
  void theReportCountsAnswersAndTheirTokens() throws IOException {
    String input = runs.json("in.json", prompts(10));
    EmbedJob.run(spark, runs.spec(input, generate()), runs.captured.terminal(), runs.termination)
        .print(runs.captured.terminal().out(), JobFunction.GENERATE);

    JsonNode report = new ObjectMapper().readTree(runs.state().resolve("report.json").toFile());
    long tokens = report.get("totals").get("tokens").asLong();
    assertThat(report.get("run").get("function").asText()).isEqualTo("generate");
    assertThat(report.get("totals").get("embedded").asInt()).isEqualTo(10);
    assertThat(tokens).isBetween(10L, 10L * ANSWER_TOKENS);
    assertThat(report.get("options").get("maxTokens").asInt()).isEqualTo(ANSWER_TOKENS);
    assertThat(report.get("model").get("architecture").asText()).isEqualTo("llama");
    assertThat(runs.captured.outLines()).contains("tokens generated\t" + tokens);
    assertThat(Files.readString(runs.state().resolve("report.html")))
        .contains("10 answered", "Tokens generated", "Generation run", "Lengths of the answers")
        .doesNotContain("Embedded", "Embedding", "an embedding");
  }

  @Test
  void aDryRunAnswersAFewAndEstimatesTheRest() throws IOException {
    Map<Integer, String> prompts = prompts(90);
    for (int id = 90; id < 100; id++) {
      prompts.put(id, null);
    }
    String input = runs.json("in.json", prompts);

    Estimate estimate =
        new DryRun(spark, runs.spec(input, generate("--dry-run")), text -> {}).run();

    assertThat(folder.resolve("out")).doesNotExist();
    assertThat(estimate.withoutText()).isEqualTo(10);
    assertThat(estimate.failing()).isZero();
    assertThat(estimate.seconds()).isPositive();
    RowCounts counts = runs.run(input, generate()).counts();
    assertThat(estimate.tokens()).isCloseTo(counts.tokens(), Percentage.withPercentage(20));
  }

  @Test
  void aSchemaGivesTheColumnItsType() throws IOException {
    Map<Integer, String> prompts = prompts(4);
    prompts.put(4, tooLong());
    String input = runs.json("in.json", prompts);
    List<String> typed =
        List.of(
            "--function=generate",
            "--model=" + model,
            "--id-column=id",
            "--max-tokens=40",
            "--option=schema=n TINYINT NOT NULL, ok BOOLEAN NOT NULL");

    List<String> dry = new ArrayList<>(typed);
    dry.add("--dry-run");
    Estimate estimate =
        new DryRun(spark, runs.spec(input, dry.toArray(String[]::new)), text -> {}).run();
    RunTotals totals = runs.run(input, typed.toArray(String[]::new)).totals();

    assertThat(estimate.failing()).isEqualTo(1);
    assertThat(totals.failed()).containsOnlyKeys("TOO_LONG").containsEntry("TOO_LONG", 1L);
    assertThat(runs.written().schema().apply("answer").dataType().catalogString())
        .isEqualTo("struct<n:tinyint,ok:boolean>");
    assertThat(runs.written().where("answer.n IS NOT NULL AND answer.ok IS NOT NULL").count())
        .isEqualTo(4);
  }

  @Test
  void aDryRunReportsPromptsThatWouldFail() throws IOException {
    Map<Integer, String> prompts = prompts(4);
    prompts.put(4, tooLong());

    Estimate estimate =
        new DryRun(
                spark, runs.spec(runs.json("in.json", prompts), generate("--dry-run")), text -> {})
            .run();

    assertThat(estimate.failing()).isEqualTo(1);
  }

  @Test
  void theSessionMayNameTheModelAndSomebodyHasTo() throws IOException {
    String input = runs.json("in.json", prompts(2));
    String[] noModel = {"--function=generate", "--answer-column=said"};

    assertThatThrownBy(() -> runs.run(input, noModel))
        .isInstanceOf(UserError.class)
        .hasMessage("--function generate has no model of its own; give --model");
    spark.conf().set("spark.embark.generate.model", model);
    try {
      runs.run(input, noModel);
    } finally {
      spark.conf().unset("spark.embark.generate.model");
    }
    assertThat(runs.written().where("said IS NOT NULL").count()).isEqualTo(2);
  }

  @Test
  void anOptionOfTheOtherTaskIsRefused() {
    assertThatThrownBy(() -> runs.spec("in.json", generate("--dimensions=8")))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("There is no generate option 'dimensions'");
    assertThatThrownBy(() -> runs.spec("in.json", "--option=temperature=0.5"))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("There is no embed option 'temperature'");
  }
}
