package dev.embark.spark.vectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.embark.spark.Embark;
import dev.embark.spark.TestSession;
import dev.embark.spark.metrics.ApplicationProgress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NearestDocumentsTest {
  private static final StructType ROWS = StructType.fromDDL("id INT, embedding ARRAY<FLOAT>");
  private static final int LENGTH = 33;

  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark = TestSession.start("local[2]");
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  /** 2,500 documents fill blocks of 1,024 rows and begin others; 7 queries are 4 and 3. */
  @ParameterizedTest
  @ValueSource(strings = {"cosine", "INNER_PRODUCT", "l2"})
  void findsWhatComparingAllPairsFinds(String metric) {
    List<float[]> documents = vectors(1, 2500);
    List<float[]> queries = vectors(2, 7);

    Map<Integer, List<Row>> found = new HashMap<>();
    Embark.nearest(dataset(queries), dataset(documents).repartition(2), 10, metric)
        .collectAsList()
        .forEach(
            row ->
                found
                    .computeIfAbsent(row.getStruct(0).getInt(0), id -> new ArrayList<>())
                    .add(row));

    assertThat(found).hasSize(7);
    for (int q = 0; q < queries.size(); q++) {
      float[] query = queries.get(q);
      List<Double> scores = documents.stream().map(d -> score(metric, query, d)).toList();
      List<Double> best =
          scores.stream()
              .sorted(metric.equals("l2") ? Comparator.naturalOrder() : Comparator.reverseOrder())
              .limit(10)
              .toList();
      List<Row> rows = new ArrayList<>(found.get(q));
      rows.sort(Comparator.comparing(row -> row.getInt(2)));
      Set<Integer> ids = new HashSet<>();
      for (int i = 0; i < 10; i++) {
        assertThat(rows.get(i).getInt(2)).isEqualTo(i + 1);
        assertThat((double) rows.get(i).getFloat(3)).isCloseTo(best.get(i), within(1e-5));
        int id = rows.get(i).getStruct(1).getInt(0);
        assertThat(scores.get(id)).isCloseTo(best.get(i), within(1e-5));
        ids.add(id);
      }
      assertThat(ids).hasSize(10);
    }
  }

  @Test
  void rowsWithoutAVectorTakeNoPart() {
    Dataset<Row> documents =
        spark.sql(
            "SELECT * FROM VALUES (1, array(1F, 0F)), (2, NULL), (3, array(NULL, 1F)), (4, array(0F,"
                + " 0F)), (5, array(float('NaN'), 1F)), (6, array(1F, 1F)) AS t(id, embedding)");

    assertThat(
            Embark.nearest(documents, documents, 5, "cosine")
                .selectExpr("query.id", "document.id", "rank", "round(score, 3)")
                .orderBy("query.id", "rank")
                .collectAsList())
        .containsExactly(
            RowFactory.create(1, 1, 1, 1f),
            RowFactory.create(1, 6, 2, 0.707f),
            RowFactory.create(6, 6, 1, 1f),
            RowFactory.create(6, 1, 2, 0.707f));
    assertThat(
            Embark.nearest(documents.where("id = 1"), documents, 5, "l2")
                .selectExpr("document.id", "score")
                .orderBy("score")
                .collectAsList())
        .containsExactly(
            RowFactory.create(1, 0f), RowFactory.create(4, 1f), RowFactory.create(6, 1f));
  }

  @Test
  void vectorsMayHaveAnyNumericTypeAndColumnsAnyName() {
    Dataset<Row> queries = spark.sql("SELECT array(1Y, 2Y) AS `a.b``c`");
    Dataset<Row> documents =
        spark.sql(
            "SELECT * FROM VALUES (array(2, 4), 'x', 1.5), (array(1, 0), 'y', 2.5) AS t(v, `n.m`, p)");

    assertThat(
            Embark.nearest(queries, "a.b`c", documents, "v", 1, "cosine")
                .select("document")
                .head()
                .getStruct(0)
                .getString(0))
        .isEqualTo("x");
  }

  @Test
  void equalQueriesEachHaveTheirDocuments() {
    Dataset<Row> queries = spark.sql("SELECT array(1F, 2F) AS embedding, 'q' AS q FROM range(3)");

    assertThat(Embark.nearest(queries, dataset(List.of(new float[] {1, 1})), 2, "cosine").count())
        .isEqualTo(3);
  }

  @Test
  void vectorsOfDifferentLengthsFail() {
    Dataset<Row> two = dataset(List.of(new float[] {1, 1}, new float[] {2, 1}));
    Dataset<Row> three = dataset(List.of(new float[] {1, 1, 1}));

    assertThatThrownBy(() -> Embark.nearest(two, three, 1, "cosine").collectAsList())
        .hasStackTraceContaining("[EMBARK_VECTOR_LENGTHS]")
        .hasStackTraceContaining("have 2 and 3 elements");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "embedding | 0 | cosine | The nearest option k cannot be 0; it takes 1 or more.",
        "embedding | 1 | dot | metric cannot be 'dot'; it takes cosine, inner_product, l2.",
        "id | 1 | cosine | There is no column 'id' of vectors, which are arrays of numbers",
        "v | 1 | cosine | There is no column 'v' of vectors"
      })
  void wrongArgumentsAreRefusedAtOnce(String column, int k, String metric, String sentence) {
    Dataset<Row> rows = dataset(List.of(new float[] {1}));

    assertThatThrownBy(() -> Embark.nearest(rows, column, rows, "embedding", k, metric))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining(sentence);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nearest(TABLE(queries), TABLE(documents), 3)",
        "nearest(TABLE(SELECT * FROM queries), TABLE(SELECT * FROM documents), 1 + 2, 'COSINE')",
        "nearest(documents => TABLE(documents), k => 3, queries => TABLE(queries), metric => 'cosine')",
        "nearest(TABLE(SELECT id, embedding AS v FROM queries), TABLE(documents), 3, queryVector => 'v')",
      })
  void theTableFunctionFindsTheSame(String call) {
    Dataset<Row> queries = dataset(vectors(3, 5));
    Dataset<Row> documents = dataset(vectors(4, 40));
    queries.createOrReplaceTempView("queries");
    documents.createOrReplaceTempView("documents");

    assertThat(spark.sql("SELECT * FROM " + call).collectAsList())
        .hasSize(15)
        .containsExactlyInAnyOrderElementsOf(
            Embark.nearest(queries, documents, 3, "cosine").collectAsList());
  }

  @Test
  void theTableFunctionIsARelationAsAnyOther() {
    dataset(vectors(5, 20)).createOrReplaceTempView("documents");
    String ids = "[0 0, 1 1, 2 2]";

    assertThat(
            spark
                .sql(
                    "WITH q AS (SELECT * FROM documents WHERE id < 3), d AS (SELECT * FROM documents)"
                        + " SELECT n.query.id, n.document.id FROM nearest(TABLE(q), TABLE(d), 1) AS n"
                        + " JOIN q ON q.id = n.query.id ORDER BY 1")
                .collectAsList())
        .extracting(row -> row.getInt(0) + " " + row.getInt(1))
        .hasToString(ids);
    spark
        .sql(
            "CREATE OR REPLACE TEMPORARY VIEW found AS SELECT query.id AS q, document.id AS d FROM"
                + " nearest(TABLE(SELECT * FROM documents WHERE id < 3), TABLE(documents), 1)")
        .collect();
    assertThat(spark.sql("SELECT q, d FROM found ORDER BY q").collectAsList())
        .extracting(row -> row.getInt(0) + " " + row.getInt(1))
        .hasToString(ids);
    assertThat(spark.sql("SELECT count(*) FROM found a JOIN found b USING (q)").head().getLong(0))
        .isEqualTo(3);
    assertThat(
            spark
                .sql("SELECT count(*) FROM documents WHERE id IN (SELECT d FROM found)")
                .head()
                .getLong(0))
        .isEqualTo(3);
  }

  @Test
  void theTableFunctionEmbedsEachRowOnce() {
    spark.range(0, 5, 1, 2).selectExpr("concat('text ', id) AS t").createOrReplaceTempView("a");
    spark.range(0, 9, 1, 3).selectExpr("concat('doc ', id) AS t").createOrReplaceTempView("b");
    for (String threshold : List.of("-1", "10485760")) {
      spark.conf().set("spark.sql.autoBroadcastJoinThreshold", threshold);
      long before = ApplicationProgress.of(spark).ended().rows();

      assertThat(
              spark
                  .sql(
                      "SELECT * FROM nearest(TABLE(SELECT t, embed(t) AS embedding FROM a),"
                          + " TABLE(SELECT t, embed(t) AS embedding FROM b), 2)")
                  .collectAsList())
          .hasSize(10);
      assertThat(ApplicationProgress.of(spark).ended().rows() - before).isEqualTo(5 + 9);
    }
    spark.conf().unset("spark.sql.autoBroadcastJoinThreshold");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TABLE(rows), TABLE(rows), 0 | The nearest option k cannot be 0; it takes 1 or more.",
        "TABLE(rows), TABLE(rows), 1.5 | The nearest option k cannot be 1.5BD; it takes 1 or more.",
        "TABLE(rows), TABLE(rows), CAST(rand() AS INT) | The nearest option k cannot be CAST(rand(",
        "TABLE(rows), TABLE(rows), CAST(NULL AS INT) | it takes 1 or more.",
        "TABLE(rows), TABLE(rows), 1, 'dot' | cannot be 'dot'; it takes cosine, inner_product, l2.",
        "TABLE(rows), TABLE(rows), 1, 2 | The nearest option metric cannot be 2; it takes a string.",
        "TABLE(rows), TABLE(rows), 1, queryVector => 'id' | There is no column 'id' of vectors",
        "TABLE(rows), TABLE(rows), 1, documentVector => 'v' | There is no column 'v' of vectors",
        "TABLE(rows), 'rows', 1 | nearest takes tables, as TABLE(name) or TABLE(SELECT …), but this is 'rows'.",
        "TABLE(rows), TABLE(rows) | [WRONG_NUM_ARGS",
        "TABLE(rows), TABLE(rows), 1, kind => 'l2' | [UNRECOGNIZED_PARAMETER_NAME]",
        "TABLE(rows), TABLE(no_such_table), 1 | [TABLE_OR_VIEW_NOT_FOUND]"
      })
  void wrongArgumentsOfTheTableFunctionAreRefused(String arguments, String sentence) {
    dataset(vectors(6, 2)).createOrReplaceTempView("rows");

    assertThatThrownBy(() -> spark.sql("SELECT * FROM nearest(" + arguments + ")"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining(sentence);
  }

  private static Dataset<Row> dataset(List<float[]> vectors) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < vectors.size(); i++) {
      rows.add(RowFactory.create(i, vectors.get(i)));
    }
    return spark.createDataFrame(rows, ROWS);
  }

  private static List<float[]> vectors(int seed, int count) {
    Random random = new Random(seed);
    List<float[]> vectors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      float[] vector = new float[LENGTH];
      for (int d = 0; d < LENGTH; d++) {
        vector[d] = (float) random.nextGaussian();
      }
      vectors.add(vector);
    }
    return vectors;
  }

  private static double score(String metric, float[] a, float[] b) {
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    double difference = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      squaresA += (double) a[i] * a[i];
      squaresB += (double) b[i] * b[i];
      difference += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
    }
    return switch (metric) {
      case "cosine" -> product / Math.sqrt(squaresA * squaresB);
      case "l2" -> Math.sqrt(difference);
      default -> product;
    };
  }
}
