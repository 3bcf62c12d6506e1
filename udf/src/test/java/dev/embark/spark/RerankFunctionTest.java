package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.embark.engine.rows.RowCounts;
import dev.embark.imports.TinyFolder;
import dev.embark.imports.TinyQwen3Folder;
import dev.embark.spark.metrics.ApplicationProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reranking in SQL with a cross-encoder of random weights, imported from its folder. */
class RerankFunctionTest {
  @TempDir static Path dir;
  private static SparkSession spark;
  private static String model;

  @BeforeAll
  static void start() throws IOException {
    spark = TestSession.start("local[2]");
    model = TinyFolder.reranker(Files.createDirectory(dir.resolve("reranker"))).root().toString();
    spark
        .range(0, 40, 1, 2)
        .selectExpr(
            "id",
            "element_at(array('dog', 'the cat', 'cats run.'), int(id % 3) + 1) AS q",
            "concat('the dog ', repeat('run ', int(id % 10))) AS d")
        .write()
        .parquet(dir.resolve("pairs").toString());
    spark.read().parquet(dir.resolve("pairs").toString()).createOrReplaceTempView("pairs");
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  @AfterEach
  void resetConf() {
    spark.conf().unset("spark.embark.rerank.model");
    spark.conf().unset("spark.embark.rerank.activation");
  }

  @Test
  void everyPairHasItsScoreWhateverItsNeighbours() {
    List<Row> rows = rows("SELECT q, d, " + rerank("q", "d") + " AS s FROM pairs");

    assertThat(rows).hasSize(40);
    Map<String, Float> known = new HashMap<>();
    for (Row row : rows) {
      Float same = known.putIfAbsent(row.getString(0) + "|" + row.getString(1), row.getFloat(2));
      assertThat(row.getFloat(2)).isBetween(0f, 1f);
      assertThat(same == null ? row.getFloat(2) : same).isCloseTo(row.getFloat(2), within(1e-5f));
    }
    assertThat(known).hasSize(30);
    assertThat(known.values().stream().distinct().count()).isGreaterThan(25);
    Row first = rows.get(0);
    Row alone = rows("SELECT " + rerank("'" + first.get(0) + "'", "'" + first.get(1) + "'")).get(0);
    assertThat(alone.getFloat(0)).isCloseTo(first.getFloat(2), within(1e-5f));
    // A pair has an order.
    Row swapped =
        rows("SELECT " + rerank("'" + first.get(1) + "'", "'" + first.get(0) + "'")).get(0);
    assertThat(Math.abs(swapped.getFloat(0) - first.getFloat(2))).isGreaterThan(1e-4f);
  }

  @Test
  void nullOnEitherSideIsNull() {
    Row row =
        rows("SELECT "
                + String.join(
                    ", ",
                    rerank("NULL", "'dog'"),
                    rerank("'dog'", "NULL"),
                    rerank("CAST(NULL AS STRING)", "NULL"),
                    rerank("'dog'", "''")))
            .get(0);
    assertThat(List.of(row.isNullAt(0), row.isNullAt(1), row.isNullAt(2), row.isNullAt(3)))
        .containsExactly(true, true, true, false);
  }

  @Test
  void detailHasTokensTruncationAndTheErrorOfTheRow() {
    List<Row> rows =
        rows(
            "SELECT r.* FROM (SELECT rerank_detail(q, d, model => '"
                + model
                + "', truncation => 'only_second') AS r FROM VALUES ('dog', 'cat'),"
                + " ('dog', repeat('run ', 50)), (repeat('run ', 50), 'dog'), ('dog', NULL)"
                + " AS t(q, d))");

    assertThat(rows.get(0).getFloat(0)).isBetween(0f, 1f);
    assertThat(rows.get(0).getInt(1)).isEqualTo(5);
    assertThat(rows.get(0).getBoolean(2)).isFalse();
    assertThat(rows.get(0).isNullAt(3)).isTrue();
    assertThat(rows.get(1).getInt(1)).isEqualTo(TinyFolder.LONGEST);
    assertThat(rows.get(1).getBoolean(2)).isTrue();
    assertThat(rows.get(2).isNullAt(0)).isTrue();
    assertThat(rows.get(2).getString(3)).startsWith("[TOO_LONG] The query has 50 tokens");
    assertThat(IntStream.range(0, 4).allMatch(rows.get(3)::isNullAt)).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "40 | SELECT %s AS s, %s AS again FROM pairs WHERE %s >= 0",
        "4  | SELECT %s AS s FROM pairs WHERE id < 4",
        "40 | SELECT %s AS s FROM pairs ORDER BY s DESC LIMIT 3",
        "6  | SELECT CASE WHEN id < 6 THEN %s END AS s FROM pairs",
        "30 | SELECT q, d, %s AS s FROM pairs GROUP BY q, d",
        "5  | SELECT id, %s AS s FROM pairs ORDER BY id LIMIT 5"
      })
  void asManyPairsAreScoredAsNecessary(long scored, String statement) {
    Dataset<Row> query = spark.sql(statement.replace("%s", rerank("q", "d")));
    long before = scored();
    query.collectAsList();
    assertThat(query.queryExecution().optimizedPlan().toString()).doesNotContain("one_by_one");
    assertThat(scored() - before).isEqualTo(scored);
  }

  @Test
  void scoreAndDetailShareOneOperatorAndEqualPairsAreScoredOnce() {
    spark
        .sql(
            "SELECT * FROM VALUES ('dog', 'cat'), ('dog', 'cat'), ('cat', 'dog'), ('do', 'gcat'),"
                + " (NULL, 'cat') AS t(q, d)")
        .coalesce(1)
        .createOrReplaceTempView("few");
    Dataset<Row> query =
        spark.sql(
            "SELECT "
                + rerank("q", "d")
                + ", rerank_detail(q, d, model => '"
                + model
                + "').tokens FROM few");
    query.collectAsList();

    assertThat(metrics(query))
        .containsEntry("rows scored", 4L)
        .containsEntry("rows null", 1L)
        .containsEntry("rows deduplicated", 1L)
        .containsEntry("native batches", 1L);
  }

  @Test
  void theTwoTextsOfAJoinAreScoredAboveIt() {
    Dataset<Row> query =
        spark.sql(
            "SELECT a.id, b.id, "
                + rerank("a.q", "b.d")
                + " AS s FROM pairs a JOIN pairs b ON a.id % 5 = b.id AND a.id < 10");
    long before = scored();
    assertThat(query.collectAsList()).hasSize(10);
    assertThat(scored() - before).isEqualTo(10);
    // In a lambda and in a join's condition there is no column to evaluate the call on.
    Row row =
        rows("SELECT transform(array('cat', NULL), d -> "
                + rerank("'dog'", "d")
                + "), "
                + rerank("'dog'", "'cat'"))
            .get(0);
    assertThat(row.<Float>getList(0).get(0)).isCloseTo(row.getFloat(1), within(1e-5f));
    assertThat(row.<Float>getList(0).get(1)).isNull();
    assertThat(
            rows(
                "SELECT a.id FROM pairs a JOIN pairs b ON a.id = b.id AND "
                    + rerank("a.q", "b.d")
                    + " >= 0 WHERE a.id < 3"))
        .hasSize(3);
  }

  @Test
  void sessionAndCallHaveOptionsAndColumnsEqualSql() {
    spark.conf().set("spark.embark.rerank.model", model);
    spark.conf().set("spark.embark.rerank.activation", "none");
    Row row =
        spark
            .range(1)
            .select(
                functions.expr("rerank('dog', 'the cat')"),
                Embark.rerank(functions.lit("dog"), functions.lit("the cat")),
                functions.expr(
                    "rerank(document => 'the cat', query => 'dog', activation => 'sigmoid')"),
                Embark.rerankDetail(
                        functions.lit("dog"),
                        functions.lit("the cat"),
                        Map.of("activation", "sigmoid"))
                    .getField("score"))
            .head();

    assertThat(row.getFloat(1)).isCloseTo(row.getFloat(0), within(1e-5f));
    float sigmoid = (float) (1 / (1 + Math.exp(-row.getFloat(0))));
    assertThat(row.getFloat(2)).isCloseTo(sigmoid, within(1e-5f));
    assertThat(row.getFloat(3)).isCloseTo(sigmoid, within(1e-5f));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rerank('a', 'b') | rerank has no model of its own: name one with map('model', …), or for"
            + " the session with spark.embark.rerank.model.",
        "rerank('a', 'b', map('truncatoin', 'x')) | did you mean 'truncation'?",
        "rerank('a', 'b', map('prefix', 'x')) | There is no rerank option 'prefix'",
        "rerank('a', 5, model => '%s') | rerank takes a query and a document that are strings,"
            + " but 5 is int",
        "rerank('a', model => 'x.gguf') | document",
        "rerank('a', 'b', model => '/no/such/model.gguf') | /no/such/model.gguf"
      })
  void aWrongCallFailsAtAnalysis(String call, String message) {
    assertThatThrownBy(() -> spark.sql("SELECT " + call.formatted(model)).collectAsList())
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aModelOfTheOtherKindIsRefusedBeforeTheFirstRow() {
    String embeds = "classpath:dev/embark/model/all-MiniLM-L6-v2-f16.gguf";
    assertThatThrownBy(() -> rows("SELECT rerank('a', 'b', model => '" + embeds + "')"))
        .hasStackTraceContaining("is no reranker: it has no head that scores a pair of texts");
    assertThatThrownBy(() -> rows("SELECT embed('a', model => '" + model + "')"))
        .hasStackTraceContaining("is a reranker: it scores pairs of texts and has no vector");
    assertThatThrownBy(
            () ->
                rows(
                    "SELECT rerank(repeat('run ', 50), 'dog', mode => 'FAILFAST', truncation =>"
                        + " 'only_second', model => '"
                        + model
                        + "')"))
        .hasStackTraceContaining("Row 1 of partition 0 cannot be scored: The query has 50 tokens");
  }

  @Test
  void aDecoderThatAnswersYesOrNoScoresPairsWithAnInstruction() throws IOException {
    Path folder = Files.createDirectory(dir.resolve("qwen"));
    TinyQwen3Folder.reranker(folder);
    String pair = "'is the dog black?', 'the dog is black.', activation => 'none', model => '%s'";
    String call = pair.formatted(folder);
    Row row =
        rows("SELECT rerank("
                + call
                + "), rerank("
                + call
                + ", instruction => 'Is the animal the same?'), rerank('dog', '', model => '"
                + folder
                + "'), rerank('dog', NULL, model => '"
                + folder
                + "')")
            .get(0);

    // The outputs of transformers in PromptedRerankerTest; here weights are in F16.
    assertThat(row.getFloat(0)).isCloseTo(-2.298f, within(5e-2f));
    assertThat(row.getFloat(1)).isCloseTo(-4.229f, within(5e-2f));
    assertThat(row.getFloat(2)).isBetween(0f, 1f);
    assertThat(row.isNullAt(3)).isTrue();
    for (String wrong :
        List.of(
            "embed('a', model => '" + folder + "')",
            "embed_chunks('a', model => '" + folder + "')",
            "generate('a', model => '" + folder + "')")) {
      assertThatThrownBy(() -> rows("SELECT " + wrong))
          .hasStackTraceContaining("is a reranker: it scores pairs of texts");
    }
    assertThatThrownBy(
            () -> rows("SELECT rerank('a', 'b', instruction => 'x', model => '" + model + "')"))
        .hasStackTraceContaining("has no place for an instruction in its pairs of texts");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rerank", "rerank_detail"})
  void describeFunctionShowsACorrectExample(String function) {
    String text =
        rows("DESCRIBE FUNCTION EXTENDED " + function).stream()
            .map(row -> row.getString(0))
            .collect(Collectors.joining("\n"));
    Matcher example = Pattern.compile("> (SELECT .*);\\s+(.*)").matcher(text);

    assertThat(text).contains(function + "(query, document[, options]) - ");
    assertThat(example.find()).as(text).isTrue();
    String statement = example.group(1).replace("/models/reranker", model);
    assertThat(spark.sql(statement).head().get(0)).hasToString(example.group(2));
  }

  private static String rerank(String query, String document) {
    return "rerank(" + query + ", " + document + ", map('model', '" + model + "'))";
  }

  private static List<Row> rows(String statement) {
    return spark.sql(statement).collectAsList();
  }

  private static long scored() {
    RowCounts now = ApplicationProgress.of(spark).ended();
    return now.rows() - now.nulls();
  }

  private static Map<String, Object> metrics(Dataset<Row> query) {
    SparkPlan operator = ColumnarTest.operator(query);
    operator.execute().count();
    Map<String, Object> metrics = new HashMap<>();
    operator.metrics().foreach(entry -> metrics.put(entry._1(), entry._2().value()));
    return metrics;
  }
}
