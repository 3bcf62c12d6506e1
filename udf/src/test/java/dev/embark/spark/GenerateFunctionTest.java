package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.embark.spark.models.ExecutorModels;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GenerateFunctionTest {
  @TempDir static Path dir;
  private static SparkSession spark;
  private static String model;

  @BeforeAll
  static void start() throws IOException {
    spark = TestSession.start("local[2]");
    model = TinyGenerator.write(dir).toString();
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  @AfterEach
  void assertNoLeaks() {
    waitForNoLease();
    spark.conf().unset("spark.embark.generate.model");
    spark.conf().unset("spark.embark.generate.maxTokens");
  }

  @Test
  void everyPromptHasItsAnswerAtAnyPosition() {
    Dataset<Row> prompts = spark.range(0, 300, 1, 3).selectExpr("id", "concat('prompt ', id) AS p");
    prompts.createOrReplaceTempView("prompts");
    List<Row> rows =
        spark.sql("SELECT id, " + call("generate", "p") + " AS a FROM prompts").collectAsList();

    assertThat(rows).hasSize(300);
    assertThat(rows).allSatisfy(row -> assertThat(row.getString(1)).isNotEmpty());
    assertThat(rows.stream().map(row -> row.getString(1)).distinct().count()).isGreaterThan(100);
    for (Row row : rows.subList(0, 5)) {
      assertThat(spark.sql("SELECT " + call("generate", "'prompt " + row.getLong(0) + "'")).head())
          .extracting(r -> r.getString(0))
          .isEqualTo(row.getString(1));
    }
  }

  @Test
  void detailReportsTokensAndFinishReason() {
    List<Row> rows =
        spark
            .sql(
                "SELECT d.* FROM (SELECT "
                    + call("generate_detail", "p")
                    + " AS d FROM VALUES ('a dog'), (''), (repeat('x', 500)), (NULL) AS t(p))")
            .collectAsList();

    assertThat(rows.get(0).getString(0)).isNotEmpty();
    assertThat(rows.get(0).getInt(1)).isBetween(1, 12);
    assertThat(rows.get(0).getString(2)).isIn("length", "stop");
    assertThat(rows.get(0).isNullAt(3)).isTrue();
    assertThat(rows.get(1).isNullAt(0)).isTrue();
    assertThat(rows.get(1).getString(2)).isEqualTo("error");
    assertThat(rows.get(1).getString(3)).startsWith("[EMPTY]");
    assertThat(rows.get(2).getString(3)).startsWith("[TOO_LONG]");
    assertThat(IntStream.range(0, 4).allMatch(rows.get(3)::isNullAt)).isTrue();
  }

  @Test
  void callOverridesTheModelOfTheSession() {
    spark.conf().set("spark.embark.generate.model", model);
    spark.conf().set("spark.embark.generate.maxTokens", "3");
    Row row =
        spark
            .sql(
                "SELECT generate_detail('a dog').tokens,"
                    + " generate_detail('a dog', map('maxTokens', 5)).tokens, size(embed('a dog'))")
            .head();

    assertThat(row.getInt(0)).isEqualTo(3);
    assertThat(row.getInt(1)).isEqualTo(5);
    assertThat(row.getInt(2)).isEqualTo(384);
  }

  @Test
  void columnApiEqualsSql() {
    Map<String, String> options = Map.of("model", model, "maxTokens", "12", "contextTokens", "512");
    Row row =
        spark
            .range(1)
            .select(
                Embark.generate(functions.lit("a dog"), options),
                Embark.generateDetail(functions.lit("a dog"), options).getField("text"))
            .head();

    assertThat(row.getString(0))
        .isEqualTo(spark.sql("SELECT " + call("generate", "'a dog'")).head().getString(0))
        .isEqualTo(row.getString(1));
  }

  @Test
  void answerAndDetailShareOneOperatorThatCountsTokens() {
    spark
        .sql("SELECT * FROM VALUES ('a'), ('b'), ('a'), (NULL) AS t(p)")
        .coalesce(1)
        .createOrReplaceTempView("few");
    Dataset<Row> query =
        spark.sql(
            "SELECT "
                + call("generate", "p")
                + ", "
                + call("generate_detail", "p")
                + ".tokens AS n FROM few");
    List<Row> rows = query.collectAsList();
    SparkPlan operator = ColumnarTest.operator(query);
    operator.execute().count();
    Map<String, Object> metrics = new HashMap<>();
    operator.metrics().foreach(entry -> metrics.put(entry._1(), entry._2().value()));

    assertThat(metrics)
        .containsEntry("rows answered", 3L)
        .containsEntry("rows null", 1L)
        .containsEntry("rows deduplicated", 1L)
        .containsEntry("tokens generated", (long) rows.get(0).getInt(1) + rows.get(1).getInt(1));
  }

  @Test
  void lambdaAnswersOnePromptAtATime() {
    Row row =
        spark
            .sql(
                "SELECT transform(array('a dog', NULL), p -> "
                    + call("generate", "p")
                    + "), "
                    + call("generate", "'a dog'"))
            .head();

    assertThat(row.<String>getList(0).get(0)).isEqualTo(row.getString(1));
    assertThat(row.<String>getList(0).get(1)).isNull();
  }

  @Test
  void failfastFailsTheQueryForAPromptWithoutAnAnswer() {
    assertThatThrownBy(
            () ->
                spark
                    .sql("SELECT generate('', map('mode', 'FAILFAST', 'model', '" + model + "'))")
                    .collectAsList())
        .hasStackTraceContaining("Row 1 of partition 0 cannot be answered");
  }

  @Test
  void acceptsNamedArguments() {
    String options = "map('maxTokens', 4, 'model', '" + model + "')";
    assertThat(
            spark
                .sql(
                    "SELECT generate(prompt => 'a', options => %1$s) = generate('a', %1$s)"
                        .formatted(options))
                .head()
                .getBoolean(0))
        .isTrue();
  }

  @Test
  void wrongOptionsFailAtAnalysis() {
    assertThatThrownBy(() -> spark.sql("SELECT generate('a')"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("generate has no model of its own");
    assertThatThrownBy(() -> spark.sql("SELECT generate('a', map('maxToken', 1))"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("did you mean 'maxTokens'?");
    assertThatThrownBy(() -> spark.sql("SELECT generate('a', map('pooling', 'cls'))"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("no generate option 'pooling'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"generate", "generate_detail"})
  void describeFunctionShowsACorrectExample(String function) {
    String text =
        spark.sql("DESCRIBE FUNCTION EXTENDED " + function).collectAsList().stream()
            .map(row -> row.getString(0))
            .collect(Collectors.joining("\n"));
    Matcher example = Pattern.compile("> (SELECT .*);\\s+(.*)").matcher(text);

    assertThat(example.find()).as(text).isTrue();
    String statement = example.group(1).replace("/models/chat.gguf", model);
    assertThat(statement).contains(function + "(", model);
    assertThat(spark.sql(statement).head().get(0)).hasToString(example.group(2));
  }

  @Test
  void refusesAnEncoderModel() {
    assertThatThrownBy(
            () ->
                spark
                    .sql(
                        "SELECT generate('a', map('model',"
                            + " 'classpath:dev/embark/model/all-MiniLM-L6-v2-f16.gguf'))")
                    .collectAsList())
        .hasStackTraceContaining(
            "The model classpath:dev/embark/model/all-MiniLM-L6-v2-f16.gguf is an encoder, which"
                + " cannot continue a text; generation takes a decoder.");
  }

  @Test
  void aModelWithoutAChatTemplateIsNamedAsTheUserNamesIt() {
    String uri = Path.of(model).toUri().toString();
    assertThatThrownBy(
            () ->
                spark
                    .sql("SELECT generate('a', map('model', '" + uri + "', 'system', 'b'))")
                    .collectAsList())
        .hasStackTraceContaining(
            "system needs a chat, and the file of the model " + uri + " has no template for one");
  }

  @Test
  void cancellingAJobGroupEndsItsTasks() throws Exception {
    String slow =
        "SELECT id, generate(concat('p', id), map('model', '"
            + model
            + "', 'maxTokens', '200')) FROM range(0, 20000, 1, 2)";
    CompletableFuture<Throwable> query =
        TestSession.concurrently(
            () -> {
              spark.sparkContext().setJobGroup("generate", "to be cancelled", false);
              return catchThrowable(() -> spark.sql(slow).collectAsList());
            });
    while (ExecutorModels.leased() == 0 && !query.isDone()) {
      Thread.sleep(10);
    }
    spark.sparkContext().cancelJobGroup("generate");

    assertThat(query.get()).isNotNull().hasMessageContaining("cancelled");
  }

  private static String call(String function, String prompt) {
    return function
        + "("
        + prompt
        + ", map('model', '"
        + model
        + "', 'maxTokens', '12', 'contextTokens', '512'))";
  }

  private static void waitForNoLease() {
    long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (ExecutorModels.leased() > 0 && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(ExecutorModels.leased()).isZero();
  }
}
