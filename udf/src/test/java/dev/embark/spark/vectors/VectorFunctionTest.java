package dev.embark.spark.vectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.embark.spark.TestSession;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.SparkRuntimeException;
import org.apache.spark.SparkThrowable;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The expected results and errors of Spark's functions {@code vector_*} are what Spark 4.2.1
 * answers. On Spark 4.2 and later the test runs Spark's own functions.
 */
class VectorFunctionTest {
  private static final String NOT_FOLDED =
      "org.apache.spark.sql.catalyst.optimizer.ConstantFolding";

  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark = TestSession.start("local[2]");
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  @Test
  void cosineSimilarityIsTheCosineOfTheVectors() {
    Row row =
        spark
            .sql(
                "SELECT cosine_similarity(array(1F, 0F), array(1F, 1F)),"
                    + " cosine_similarity(array(2D, 0D), array(-3F, 0F)),"
                    + " cosine_similarity(array(0F, 0F), array(1F, 1F)),"
                    + " cosine_similarity(NULL, array(1F))")
            .head();
    assertThat(row.getFloat(0)).isCloseTo((float) Math.sqrt(0.5), within(1e-6f));
    assertThat(row.getFloat(1)).isEqualTo(-1f);
    assertThat(row.isNullAt(2)).isTrue();
    assertThat(row.isNullAt(3)).isTrue();
  }

  @Test
  void cosineSimilarityIgnoresVectorLength() {
    List<Row> nearest =
        spark
            .sql(
                "SELECT name, cosine_similarity(v, array(1F, 0F)) AS c FROM VALUES"
                    + " ('far', array(-1F, 0F)), ('near', array(10F, 1F)), ('between', array(1F,"
                    + " 1F)) AS t(name, v) ORDER BY c DESC LIMIT 2")
            .collectAsList();
    assertThat(nearest).extracting(row -> row.getString(0)).containsExactly("near", "between");
    assertThat(
            spark.sql("SELECT cosine_similarity(array(3F, 4F), array(8F, 6F))").head().getFloat(0))
        .isCloseTo(0.96f, within(1e-6f));
  }

  /** Uses vectors whose cosine is easily computed by hand: (3, 4) and (8, 6) have 48 / 50. */
  @ParameterizedTest
  @CsvSource({"FALLBACK, ", "CODEGEN_ONLY, " + NOT_FOLDED, "NO_CODEGEN, " + NOT_FOLDED})
  void cosineSimilarityAcceptsEveryNumericTypeFoldedCompiledOrInterpreted(
      String codegen, String excludedRules) {
    List<String> calls =
        """
        array(1e200D, 0D), array(1e200D, 0D)                           = 1
        array(1e-200D, 1e-200D), array(1e-200D, 1e-200D)               = 1
        array(3e38F, 4e37F), array(-3e38F, -4e37F)                     = -1
        array(3, 4), array(8, 6)                                       = 0.96
        array(3L, 4L), array(8Y, 6Y)                                   = 0.96
        array(3S, 4S), array(8D, 6D)                                   = 0.96
        array(3BD, 4BD), array(8.00, 6.00)                             = 0.96
        array(3e30BD, 4e30BD), array(8F, 6F)                           = 0.96
        array(9223372036854775807L, 0L), array(1, 1)                   = 0.70710678
        from_json('[3, 4]', 'ARRAY<BIGINT>'), array(-8, -6)            = -0.96
        array(1F, CAST('NaN' AS FLOAT)), array(1F, 1F)                 = NULL
        array(1D, 1D), array(1D, CAST('Infinity' AS DOUBLE))           = NULL
        array(CAST('-Infinity' AS FLOAT)), array(-1F)                  = NULL
        array(0, 0), array(1, 1)                                       = NULL
        array(1, NULL), array(1, 1)                                    = NULL
        array(1, 1), array(1F, NULL)                                   = NULL
        array(NULL), array(1)                                          = NULL
        CAST(NULL AS ARRAY<INT>), array(1, 1)                          = NULL
        array(1, 1), NULL                                              = NULL
        array(), array()                                               = NULL
        CAST(array() AS ARRAY<FLOAT>), CAST(array() AS ARRAY<INT>)     = NULL
        X'FF00', X'FF00'                                               = 1
        X'FF00', X'00FF'                                               = -1
        X'FF00', X'FE00'                                               = 0.875
        X'', X''                                                       = NULL
        X'FF', NULL                                                    = NULL
        NULL, NULL                                                     = NULL
        """
            .lines()
            .toList();
    Row row =
        answers(
            calls.stream()
                .map(call -> "cosine_similarity(" + call.replaceFirst(" += .*", ")"))
                .toList(),
            codegen,
            excludedRules);
    for (int i = 0; i < calls.size(); i++) {
      String expected = calls.get(i).replaceFirst(".* = ", "");
      if (expected.equals("NULL")) {
        assertThat(row.get(i)).as(calls.get(i)).isNull();
      } else {
        assertThat(row.getFloat(i))
            .as(calls.get(i))
            .isCloseTo(Float.parseFloat(expected), within(1e-7f));
      }
    }
  }

  @Test
  void cosineSimilarityRefusesDifferentLengthsAndOtherTypes() {
    assertThatThrownBy(
            () -> spark.sql("SELECT cosine_similarity(array(1F), array(1F, 2F))").collectAsList())
        .hasStackTraceContaining("have 1 and 2 elements");
    assertThatThrownBy(() -> spark.sql("SELECT cosine_similarity(array('a'), array(1F))"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining(
            "cosine_similarity takes two arrays of numbers, or two BINARY, but these are"
                + " array<string> and array<float>");
    assertThatThrownBy(() -> spark.sql("SELECT cosine_similarity(X'01', array(1F))"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("these are binary and array<float>");
    assertThatThrownBy(() -> spark.sql("SELECT cosine_similarity(X'01', X'0102')").collectAsList())
        .hasStackTraceContaining("have 1 and 2 elements");
  }

  @ParameterizedTest
  @CsvSource({"FALLBACK, ", "CODEGEN_ONLY, " + NOT_FOLDED, "NO_CODEGEN, " + NOT_FOLDED})
  void vectorFunctionsAnswerAsThoseOfSpark42(String codegen, String excludedRules) {
    List<String> calls =
        """
        vector_cosine_similarity(array(1F, 2F, 3F), array(4F, 5F, 6F)) = 0.9746319
        vector_cosine_similarity(array(0F, 0F), array(1F, 1F)) = null
        vector_cosine_similarity(CAST(array() AS ARRAY<FLOAT>), CAST(array() AS ARRAY<FLOAT>)) = null
        vector_cosine_similarity(array(1F, NULL), array(1F, 1F)) = null
        vector_cosine_similarity(CAST(NULL AS ARRAY<FLOAT>), array(1F, 1F)) = null
        vector_cosine_similarity(array(float('NaN'), 1F), array(1F, 1F)) = NaN
        vector_cosine_similarity(array(float('Infinity'), 1F), array(1F, 1F)) = NaN
        vector_inner_product(array(1F, 2F, 3F), array(4F, 5F, 6F)) = 32.0
        vector_inner_product(array(1F, 2F, 3F, 4F, 5F), array(6F, 7F, 8F, 9F, 10F)) = 130.0
        vector_inner_product(CAST(array() AS ARRAY<FLOAT>), CAST(array() AS ARRAY<FLOAT>)) = 0.0
        vector_inner_product(array(1F, NULL), array(1F, 1F)) = null
        vector_inner_product(array(1e30F), array(1e30F)) = Infinity
        vector_l2_distance(array(1F, 2F, 3F), array(4F, 5F, 6F)) = 5.196152
        vector_l2_distance(array(1F, NULL, 3F), array(4F, 5F, 6F)) = null
        vector_l2_distance(array(1F, 1F, 1F, 1F, 1F), array(0F, 0F, 0F, 0F, -1F)) = 2.828427
        vector_l2_distance(CAST(array() AS ARRAY<FLOAT>), CAST(array() AS ARRAY<FLOAT>)) = 0.0
        vector_norm(array(3F, 4F)) = 5.0
        vector_norm(array(3F, 4F), 1F) = 7.0
        vector_norm(array(3F, -4F), float('inf')) = 4.0
        vector_norm(array(3F, 4F), CAST(NULL AS FLOAT)) = null
        vector_norm(array(3F, NULL)) = null
        vector_norm(CAST(NULL AS ARRAY<FLOAT>), 3F) = null
        vector_norm(CAST(array() AS ARRAY<FLOAT>)) = 0.0
        vector_normalize(array(3F, 4F)) = [0.6, 0.8]
        vector_normalize(array(3F, 4F), 1F) = [0.42857143, 0.5714286]
        vector_normalize(array(3F, 4F), float('inf')) = [0.75, 1.0]
        vector_normalize(array(0F, 0F)) = null
        vector_normalize(array(0F, NULL)) = null
        vector_normalize(CAST(array() AS ARRAY<FLOAT>)) = []
        vector_normalize(CAST(NULL AS ARRAY<FLOAT>)) = null
        hex(vector_to_binary(array(1F, -2F))) = 0000803F000000C0
        vector_to_binary(array(1F, NULL)) = null
        hex(vector_to_binary(CAST(array() AS ARRAY<FLOAT>))) =\s
        """
            .lines()
            .toList();
    Row row =
        answers(
            calls.stream().map(call -> call.replaceFirst(" = .*", "")).toList(),
            codegen,
            excludedRules);
    for (int i = 0; i < calls.size(); i++) {
      assertAnswer(row, i, calls.get(i));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "vector_sum(v) FROM VALUES (array(1F, 2F)), (array(3F, 4F)) AS t(v) | [4.0, 6.0]",
        "vector_avg(v) FROM VALUES (array(1F, 2F)), (array(3F, 4F)) AS t(v) | [2.0, 3.0]",
        "vector_sum(v) FROM VALUES (array(1F, 2F)), (NULL), (array(NULL, 4F)) AS t(v) | [1.0, 2.0]",
        "vector_avg(v) FROM VALUES (array(1F, 2F)), (NULL), (array(NULL, 4F)) AS t(v) | [1.0, 2.0]",
        "vector_sum(v) FROM VALUES (CAST(NULL AS ARRAY<FLOAT>)) AS t(v) | null",
        "vector_avg(v) FROM VALUES (array(1F)) AS t(v) WHERE false | null",
        "vector_avg(v) FROM VALUES (CAST(array() AS ARRAY<FLOAT>)) AS t(v) | []",
        "vector_sum(DISTINCT v) FROM VALUES (array(1F, 2F)), (array(1F, 2F)) AS t(v) | [1.0, 2.0]",
        "vector_sum(v) FILTER (WHERE v[0] > 1) FROM VALUES (array(1F, 2F)), (array(3F, 4F)) AS t(v) | [3.0, 4.0]",
        "vector_avg(v) OVER () FROM VALUES (array(1F, 2F)), (array(3F, 4F)) AS t(v) | [2.0, 3.0]",
        "vector_avg(v) FROM VALUES (array(3e38F)), (array(3e38F)) AS t(v) | [3.0E38]",
        "typeof(vector_avg(v)) FROM VALUES (array(1F)) AS t(v) | array<float>",
        "vector_sum(array(CAST(id AS FLOAT), 1F)) FROM range(0, 1000, 1, 7) | [499500.0, 1000.0]",
        "max(v) FROM (SELECT id % 3 g, vector_avg(array(CAST(id AS FLOAT))) v FROM range(0, 999, 1, 7) GROUP BY 1) | [500.0]",
      })
  void aggregatesAnswerAsThoseOfSpark42(String query, String expected) {
    assertAnswer(spark.sql("SELECT " + query).head(), 0, query + " = " + expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "vector_cosine_similarity(array(1F), array(1F, 1F)) | VECTOR_DIMENSION_MISMATCH",
        "vector_inner_product(array(1F), array(1F, NULL)) | VECTOR_DIMENSION_MISMATCH",
        "vector_l2_distance(array(1F), array()) | DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "vector_norm(array(3F, -4F), 3F) | INVALID_VECTOR_NORM_DEGREE",
        "vector_norm(array(3F, -4F), float('-inf')) | INVALID_VECTOR_NORM_DEGREE",
        "vector_norm(array(3F, -4F), float('NaN')) | INVALID_VECTOR_NORM_DEGREE",
        "vector_norm(array(NULL, 3F), 3F) | INVALID_VECTOR_NORM_DEGREE",
        "vector_normalize(CAST(array() AS ARRAY<FLOAT>), 3F) | INVALID_VECTOR_NORM_DEGREE",
        "vector_norm(array(3F, 4F), 2.0) | DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "vector_norm(array(3F, 4F), 2) | DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "vector_norm('x') | DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "vector_norm() | WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        "vector_cosine_similarity(array(1F)) | WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        "vector_cosine_similarity(NULL, array(1F, 1F)) | DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "vector_cosine_similarity(array(1D), array(1F)) | DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "vector_inner_product(array(1F), array(1D)) | DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "vector_sum(array(1D)) | DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "vector_to_binary(array(1D)) | DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "vector_avg('x') | DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "vector_sum(v) FROM VALUES (array(1F, 2F)), (array(3F)) AS t(v) | VECTOR_DIMENSION_MISMATCH",
        "vector_avg(v) FROM VALUES (array(1F)), (CAST(array() AS ARRAY<FLOAT>)) AS t(v) | VECTOR_DIMENSION_MISMATCH",
      })
  void failsWithTheConditionOfSpark42(String call, String condition) {
    Throwable failed = catchThrowable(() -> spark.sql("SELECT " + call).collectAsList());

    if (spark.version().startsWith("3.") && !(failed instanceof AnalysisException)) {
      // Spark 3.5 puts the report on the failed stage in front of the error of a task.
      assertThat(failed).hasMessageContaining("[" + condition + "] ");
    } else {
      assertThat(failed)
          .isInstanceOfAny(SparkRuntimeException.class, AnalysisException.class)
          .hasMessageStartingWith("[" + condition + "] ");
      assertThat(condition(failed)).isEqualTo(condition);
    }
  }

  @Test
  void errorsHaveTheParametersOfSpark42() {
    SparkThrowable lengths =
        (SparkThrowable)
            catchThrowable(
                () -> spark.sql("SELECT vector_inner_product(array(1F), array(1F, 2F))").head());
    assertThat(lengths.getSqlState()).isEqualTo("22000");
    assertThat(lengths.getMessageParameters())
        .containsEntry("functionName", "`vector_inner_product`")
        .containsEntry("leftDim", "1")
        .containsEntry("rightDim", "2");
    SparkThrowable type =
        (SparkThrowable)
            catchThrowable(() -> spark.sql("SELECT vector_inner_product(array(1F), array(1D))"));
    assertThat(type.getSqlState()).isEqualTo("42K09");
    assertThat(type.getMessageParameters())
        .containsEntry("requiredType", "\"ARRAY<FLOAT>\"")
        .containsEntry("inputType", "\"ARRAY<DOUBLE>\"")
        .containsEntry("inputSql", "\"array(1.0)\"");
  }

  /** Parquet's columnar arrays, the rows of a shuffle, and literals have classes of their own. */
  @Test
  void arraysOfEveryRepresentationGiveTheSameAnswers(@TempDir Path dir) {
    String vector = "transform(sequence(1, 101), i -> CAST(sin(i + id) AS FLOAT))";
    Dataset<Row> vectors = spark.range(20).selectExpr("id", vector + " AS v");
    vectors.write().parquet(dir + "/v");
    String calls =
        "sum(vector_inner_product(v, v)), sum(vector_norm(v)), sum(cosine_similarity(v,"
            + " vector_normalize(v))), vector_sum(v), sum(aggregate(v, 0D, (s, x) -> s + x * x))";
    List<Dataset<Row>> representations =
        List.of(vectors, spark.read().parquet(dir + "/v"), vectors.repartition(3));

    for (Dataset<Row> each : representations) {
      each.createOrReplaceTempView("vectors");
      Row row = spark.sql("SELECT " + calls + " FROM vectors").head();
      assertThat(row.getDouble(0)).isCloseTo(row.getDouble(4), within(1e-3));
      assertThat(row.getDouble(2)).isCloseTo(20, within(1e-4));
      double[] sums = new double[101];
      for (int id = 0; id < 20; id++) {
        for (int i = 0; i < 101; i++) {
          sums[i] += (float) Math.sin(i + 1 + id);
        }
      }
      List<Float> actual = row.getList(3);
      for (int i = 0; i < 101; i++) {
        assertThat(actual.get(i)).isCloseTo((float) sums[i], within(1e-4f));
      }
    }
  }

  /**
   * In single precision, as in Spark 4.2, the squares of these overflow or underflow; Spark 4.2.0
   * alone ignores NaN in the largest absolute value.
   */
  @Test
  void squaresThatAreNoFloatsDoNotMatter() {
    Assumptions.assumeTrue(VectorFunction.missing().contains(VectorFunction.VECTOR_NORM));
    Row row =
        spark
            .sql(
                "SELECT vector_cosine_similarity(array(1e30F, 1e30F), array(1e30F, 1e30F)),"
                    + " vector_cosine_similarity(array(1e-30F), array(1e-30F)),"
                    + " vector_l2_distance(array(1e30F), array(-1e30F)),"
                    + " vector_normalize(array(1e30F, -1e30F, 1e30F, 1e30F)),"
                    + " vector_norm(array(1F, float('NaN')), float('inf'))")
            .head();
    assertThat(row.getFloat(0)).isEqualTo(1f);
    assertThat(row.getFloat(1)).isEqualTo(1f);
    assertThat(row.getFloat(2)).isEqualTo(2e30f);
    assertThat(row.getList(3)).isEqualTo(List.of(0.5f, -0.5f, 0.5f, 0.5f));
    assertThat(row.getFloat(4)).isNaN();
  }

  private static Row answers(List<String> calls, String codegen, String excludedRules) {
    spark.conf().set("spark.sql.codegen.factoryMode", codegen);
    spark
        .conf()
        .set("spark.sql.optimizer.excludedRules", excludedRules == null ? "" : excludedRules);
    try {
      return spark.sql("SELECT " + String.join(", ", calls) + " FROM range(1)").head();
    } finally {
      spark.conf().unset("spark.sql.codegen.factoryMode");
      spark.conf().unset("spark.sql.optimizer.excludedRules");
    }
  }

  /**
   * @param call ends with an equals sign and the expected answer
   */
  private static void assertAnswer(Row row, int column, String call) {
    String expected = call.replaceFirst(".* = ", "");
    if (row.get(column) instanceof Float answer) {
      assertThat(answer).as(call).isCloseTo(Float.parseFloat(expected), withinPercentage(1e-4));
    } else if (row.isNullAt(column) || row.get(column) instanceof String) {
      assertThat(String.valueOf(row.get(column))).as(call).isEqualTo(expected);
    } else {
      assertThat(row.<Float>getList(column))
          .as(call)
          .usingElementComparator((a, b) -> Math.abs(a - b) <= 1e-6 * Math.abs(b) ? 0 : 1)
          .isEqualTo(
              Arrays.stream(expected.replaceAll("[\\[\\]]", "").split(", "))
                  .filter(element -> !element.isEmpty())
                  .map(Float::valueOf)
                  .toList());
    }
  }

  /** Calls {@code getErrorClass}, since Spark 3.5 lacks {@code getCondition}. */
  @SuppressWarnings("deprecation")
  private static String condition(Throwable thrown) {
    return ((SparkThrowable) thrown).getErrorClass();
  }
}
