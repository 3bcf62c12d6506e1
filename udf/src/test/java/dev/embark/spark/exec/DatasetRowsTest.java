package dev.embark.spark.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.rows.RowCounts;
import dev.embark.spark.Embark;
import dev.embark.spark.InstallTest;
import dev.embark.spark.TestSession;
import dev.embark.spark.metrics.ApplicationProgress;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code Embark.embedColumn}, for sessions that cannot be extended; {@link InstallTest} runs one.
 */
class DatasetRowsTest {
  private static SparkSession spark;
  private static Dataset<Row> docs;

  @BeforeAll
  static void start() {
    spark = TestSession.start("local[2]");
    docs =
        spark.sql(
            "SELECT id, IF(id = 3, NULL, concat('text ', id % 7)) AS body, array(id) AS tags FROM"
                + " range(0, 20, 1, 2)");
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  @ParameterizedTest
  @ValueSource(strings = {"float", "int8", "binary"})
  void columnEqualsThatOfTheSqlFunction(String output) {
    Map<String, String> options = Map.of("output", output);
    Dataset<Row> embedded = Embark.embedColumn(docs, "body", "e", options);
    Dataset<Row> expected = docs.withColumn("e", Embark.embed(functions.col("body"), options));
    assertThat(embedded.schema()).isEqualTo(expected.schema());
    assertThat(embedded.orderBy("id").collectAsList())
        .usingElementComparator((a, b) -> a.equals(b) ? 0 : 1)
        .isEqualTo(expected.orderBy("id").collectAsList());
  }

  @Test
  void countsRowsAsTheOperatorDoes() {
    RowCounts before = ApplicationProgress.of(spark).ended();
    assertThat(Embark.embedColumn(docs, "body", "e", Map.of()).collectAsList()).hasSize(20);
    RowCounts after = ApplicationProgress.of(spark).ended();
    assertThat(after.rows() - before.rows()).isEqualTo(20);
    assertThat(after.nulls() - before.nulls()).isEqualTo(1);
  }

  @Test
  void argumentsOverrideSessionOptions() {
    spark.conf().set("spark.embark.dimensions", "16");
    try {
      assertThat(size(Map.of())).isEqualTo(16);
      assertThat(size(Map.of("dimensions", "8"))).isEqualTo(8);
    } finally {
      spark.conf().unset("spark.embark.dimensions");
    }
  }

  @Test
  void wrongArgumentsRaiseAnAnalysisException() {
    assertThatThrownBy(() -> Embark.embedColumn(docs, "text", "e", Map.of()))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("no string column 'text'")
        .hasMessageContaining("body STRING");
    assertThatThrownBy(() -> Embark.embedColumn(docs, "tags", "e", Map.of()))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("no string column 'tags'");
    assertThatThrownBy(() -> Embark.embedColumn(docs, "body", "id", Map.of()))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("already has a column 'id'");
    assertThatThrownBy(() -> Embark.embedColumn(docs, "body", "e", Map.of("longtxt", "chunk")))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("did you mean 'longText'");
  }

  private static int size(Map<String, String> options) {
    List<Row> rows =
        Embark.embedColumn(docs.limit(1), "body", "e", options)
            .select(functions.size(functions.col("e")))
            .collectAsList();
    return rows.get(0).getInt(0);
  }
}
