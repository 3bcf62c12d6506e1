package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.spark.compat.Scala;
import dev.embark.spark.exec.EvalModelExec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.ApplyColumnarRulesAndInsertTransitions;
import org.apache.spark.sql.execution.RowToColumnarExec;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.vectorized.ArrowColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operator under a parent that reads columnar batches, as plug-ins for native execution do. */
class ColumnarTest {
  private static final String COLUMNS =
      "id, IF(id % 5 = 0, NULL, concat('text about subject ', id % 3)) AS body";

  @TempDir private static Path temp;

  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark = TestSession.start("local[2]");
    spark
        .sql("SELECT " + COLUMNS + " FROM range(0, 40, 1, 2)")
        .write()
        .parquet(temp.resolve("docs").toString());
    spark.read().parquet(temp.resolve("docs").toString()).createOrReplaceTempView("docs");
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  @Test
  void columnarVectorsEqualThoseOfRows() {
    Dataset<Row> query = spark.sql("SELECT id, body, embed(body) AS e FROM docs");
    List<String> expected = new ArrayList<>();
    for (Row row : query.collectAsList()) {
      expected.add(row.getLong(0) + " " + (row.isNullAt(2) ? null : row.getList(2)));
    }
    FlatMapFunction<ColumnarBatch, String> asText = ColumnarTest::asText;
    List<String> columnar =
        columnar(operator(query)).executeColumnar().toJavaRDD().flatMap(asText).collect();
    assertThat(columnar).hasSize(40).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void columnarBatchEmbedsEachDistinctTextOnce() {
    SparkPlan operator = columnar(operator(spark.sql("SELECT id, embed(body) FROM docs")));
    operator.executeColumnar().count();
    // Of the 20 rows of each file, 16 have a text, 3 of them distinct.
    assertThat(operator.metrics().get("rows embedded").get().value()).isEqualTo(32L);
    assertThat(operator.metrics().get("rows deduplicated").get().value()).isEqualTo(32L - 2 * 3);
  }

  @Test
  void rowParentReceivesRows() {
    SparkPlan plan =
        new ApplyColumnarRulesAndInsertTransitions(Scala.seq(List.of()), false)
            .apply(operator(spark.sql("SELECT id, embed(body) FROM docs")));
    assertThat(plan).isInstanceOf(EvalModelExec.class);
    assertThat(plan.execute().count()).isEqualTo(40);
  }

  @Test
  void rowInputIsNotConvertedToColumns() {
    EvalModelExec operator =
        operator(
            spark.sql("SELECT id, embed(body) FROM (SELECT " + COLUMNS + " FROM range(0, 40))"));
    assertThat(columnar(operator)).isInstanceOf(RowToColumnarExec.class);
    assertThat(((SparkPlan) columnar(operator).children().head()).supportsColumnar()).isFalse();
  }

  @Test
  void resultsOtherThanFloatVectorsAreRows() {
    for (String call :
        List.of("embed(body, map('output', 'int8'))", "embed_tokens(body)", "embed_detail(body)")) {
      assertThat(operator(spark.sql("SELECT " + call + " FROM docs")).supportsColumnar())
          .as(call)
          .isFalse();
    }
  }

  /** The operator as planned, before Spark chose rows or columns. */
  static EvalModelExec operator(Dataset<Row> query) {
    List<SparkPlan> found = new ArrayList<>();
    query
        .queryExecution()
        .sparkPlan()
        .foreach(
            node -> {
              if (node instanceof EvalModelExec) {
                found.add(node);
              }
              return null;
            });
    assertThat(found).hasSize(1);
    return (EvalModelExec) found.get(0);
  }

  /** The plan that Spark prepares for a parent that reads columns. */
  static SparkPlan columnar(SparkPlan plan) {
    return new ApplyColumnarRulesAndInsertTransitions(Scala.seq(List.of()), true).apply(plan);
  }

  private static Iterator<String> asText(ColumnarBatch batch) {
    int last = batch.numCols() - 1;
    assertThat(batch.column(last)).isInstanceOf(ArrowColumnVector.class);
    List<String> rows = new ArrayList<>();
    for (Iterator<InternalRow> all = batch.rowIterator(); all.hasNext(); ) {
      InternalRow row = all.next();
      rows.add(
          row.getLong(0)
              + " "
              + (row.isNullAt(last) ? null : Arrays.toString(row.getArray(last).toFloatArray())));
    }
    return rows.iterator();
  }
}
