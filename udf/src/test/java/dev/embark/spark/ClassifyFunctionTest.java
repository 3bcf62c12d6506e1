package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Labels by a model of random weights; ClassificationEngineTest has their scores. */
class ClassifyFunctionTest {
  @TempDir static Path dir;
  private static SparkSession spark;
  private static String model;

  @BeforeAll
  static void start() throws IOException {
    spark = TestSession.start("local[2]");
    model = TinyGenerator.write(dir).toString();
    spark.conf().set("spark.embark.classify.model", model);
    spark.conf().set("spark.embark.classify.instruction", "{labels}?");
  }

  @AfterAll
  static void stop() {
    spark.conf().unset("spark.embark.classify.model");
    spark.conf().unset("spark.embark.classify.instruction");
    TestSession.stop(spark);
  }

  @Test
  void aLabelIsTheLikeliestOfItsScores() {
    List<Row> rows =
        spark
            .range(0, 100, 1, 3)
            .selectExpr("concat('text ', id) AS t")
            .selectExpr(
                "classify(t, array('a', 'ab', 'b')) AS l",
                "classify_detail(t, array('a'," + " 'ab', 'b')) AS d")
            .collectAsList();

    for (Row row : rows) {
      Row detail = row.getStruct(1);
      Map<String, Double> scores = detail.getJavaMap(1);
      double best = scores.values().stream().mapToDouble(x -> x).max().orElseThrow();
      assertThat(scores).containsOnlyKeys("a", "ab", "b").containsEntry(row.getString(0), best);
      assertThat(scores.values().stream().mapToDouble(x -> x).sum()).isCloseTo(1, within(1e-9));
      assertThat(detail.getString(0)).isEqualTo(row.getString(0));
      assertThat(detail.getInt(2)).isPositive();
      assertThat(detail.getBoolean(3)).isFalse();
      assertThat(detail.isNullAt(4)).isTrue();
    }
    assertThat(rows.stream().map(row -> row.getStruct(1).getJavaMap(1)).distinct().count())
        .isGreaterThan(90);
  }

  @Test
  void aTextThatCannotBeClassifiedIsNullWithItsReason() {
    List<Row> rows =
        spark
            .sql(
                "SELECT d.*, classify(t, array('a', 'b')) FROM (SELECT t, classify_detail(t,"
                    + " array('a', 'b')) AS d FROM VALUES ('x'), (NULL), (''), (repeat('x', 500))"
                    + " AS v(t))")
            .collectAsList();

    assertThat(rows.get(0).isNullAt(5)).isFalse();
    assertThat(rows.get(1).anyNull() && rows.get(1).isNullAt(4)).isTrue();
    assertThat(rows.get(2).getString(4)).startsWith("[EMPTY]");
    assertThat(rows.get(3).getString(4)).startsWith("[TOO_LONG]");
    assertThat(rows.get(3).isNullAt(0) && rows.get(3).isNullAt(1) && rows.get(3).isNullAt(5))
        .isTrue();
    assertThatThrownBy(
            () ->
                spark
                    .sql("SELECT classify('', array('a', 'b'), mode => 'FAILFAST')")
                    .collectAsList())
        .hasStackTraceContaining("Row 1 of partition 0 cannot be classified");
  }

  @Test
  void callsOfOtherLabelsOverOneTextAreOtherCalls() {
    Row row =
        spark
            .sql(
                "SELECT classify_detail(t, array('a', 'b')).scores, classify_detail(t, array('b',"
                    + " 'c')).scores, transform(array(t), x -> classify(x, array('a', 'b')))[0],"
                    + " classify(t, array('a', 'b')) FROM VALUES ('x') AS v(t)")
            .head();

    assertThat(row.getJavaMap(0)).containsOnlyKeys("a", "b");
    assertThat(row.getJavaMap(1)).containsOnlyKeys("b", "c");
    assertThat(row.getString(2)).isEqualTo(row.getString(3));
  }

  @Test
  void labelAndDetailShareOneOperatorThatCountsRows() {
    Dataset<Row> query =
        spark
            .sql("SELECT * FROM VALUES ('a'), ('b'), ('a'), (NULL) AS t(p)")
            .coalesce(1)
            .selectExpr(
                "classify(p, array('x', 'y'))", "classify_detail(p, array('x', 'y')).tokens");
    query.collectAsList();
    SparkPlan operator = ColumnarTest.operator(query);
    operator.execute().count();
    Map<String, Object> metrics = new HashMap<>();
    operator.metrics().foreach(entry -> metrics.put(entry._1(), entry._2().value()));

    assertThat(metrics)
        .containsEntry("rows classified", 3L)
        .containsEntry("rows null", 1L)
        .containsEntry("rows deduplicated", 1L);
    assertThat(query.columns()[0])
        .isEqualTo(
            "classify(p, array('x', 'y'), map('instruction',"
                + " '{labels}?', 'model', '"
                + model
                + "'))");
  }

  @Test
  void columnApiAndNamedArgumentsEqualSql() {
    Row row =
        spark
            .range(1)
            .select(
                Embark.classify(functions.lit("a dog"), List.of("a", "b"), Map.of()),
                Embark.classifyDetail(functions.lit("a dog"), List.of("a", "b"), Map.of())
                    .getField("label"),
                functions.expr("classify(labels => array('a', 'b'), text => 'a dog')"),
                functions.expr("classify('a dog', array('a', 'b'), map('sequences', 2))"))
            .head();

    assertThat(row.getString(0))
        .isEqualTo(row.getString(1))
        .isEqualTo(row.getString(2))
        .isEqualTo(row.getString(3));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "array() | but there are none.",
        "array('a') | but there is one.",
        "array('a', NULL) | but one is NULL.",
        "array('a', ' ') | but one has no text.",
        "array('a', 'b', 'a') | but 'a' is given twice.",
        "array(1, 2) | a literal array of strings, such as",
        "concat('a', 'b') | a literal array of strings, such as",
        "CAST(NULL AS ARRAY<STRING>) | a literal array of strings, such as",
        "array('a', t) | a literal array of strings, such as"
      })
  void wrongLabelsFailTheAnalysis(String labels, String reason) {
    assertThatThrownBy(
            () -> spark.sql("SELECT classify(t, " + labels + ") FROM VALUES ('x') AS v(t)"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void anOptionOfAGenerationIsRefused() {
    assertThatThrownBy(() -> spark.sql("SELECT classify('x', array('a', 'b'), map('seed', 1))"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("no classify option 'seed'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"classify", "classify_detail"})
  void describeFunctionShowsACorrectExample(String function) {
    String text =
        spark.sql("DESCRIBE FUNCTION EXTENDED " + function).collectAsList().stream()
            .map(row -> row.getString(0))
            .collect(Collectors.joining("\n"));
    Matcher example = Pattern.compile("> (SELECT .*);\\s+(.*)").matcher(text);

    assertThat(example.find()).as(text).isTrue();
    String statement = example.group(1).replace("/models/chat.gguf", model);
    assertThat(spark.sql(statement).head().get(0)).hasToString(example.group(2));
  }
}
