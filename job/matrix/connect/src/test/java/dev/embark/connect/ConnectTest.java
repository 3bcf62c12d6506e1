package dev.embark.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A plain Spark Connect client uses the functions that the server's class path brings. */
class ConnectTest {
  @TempDir private static Path temp;

  private static ConnectServer server;
  private static SparkSession spark;

  @BeforeAll
  static void start() throws Exception {
    server = ConnectServer.start(temp);
    spark = SparkSession.builder().remote(server.url()).getOrCreate();
  }

  @AfterAll
  static void stop() throws Exception {
    if (spark != null) {
      spark.close();
    }
    if (server != null) {
      server.close();
    }
  }

  @Test
  void theClientHasNoClassOfEmbark() {
    assertThatThrownBy(() -> Class.forName("dev.embark.spark.Embark"))
        .isInstanceOf(ClassNotFoundException.class);
  }

  @Test
  void sqlGivesAUnitVector() {
    List<Float> vector = spark.sql("SELECT embed('x')").head().getList(0);
    assertThat(vector).hasSize(384);
    assertThat(vector.stream().mapToDouble(x -> x * x).sum()).isCloseTo(1, within(1e-4));
  }

  @Test
  void callFunctionGivesWhatSqlGives() {
    Row row =
        spark
            .range(1)
            .select(
                functions.call_function("embed", functions.lit("a cat sat on the mat")),
                functions.call_function("embed_tokens", functions.lit("a cat")))
            .head();
    assertThat(row.<Float>getList(0))
        .isEqualTo(spark.sql("SELECT embed('a cat sat on the mat')").head().getList(0));
    // [CLS], a, cat, [SEP]
    assertThat(row.getInt(1)).isEqualTo(4);
  }

  @Test
  void chunksAreRows() {
    List<Row> chunks =
        spark
            .sql("SELECT inline(embed_chunks('One. Two.', chunkTokens => 5))")
            .select("begin", "end", "text")
            .collectAsList();
    assertThat(chunks).hasToString("[[0,4,One.], [5,9,Two.]]");
    assertThat(
            spark
                .sql(
                    "SELECT c.text FROM (SELECT concat('One. Two ', id) AS t FROM range(1)) LATERAL VIEW"
                        + " explode(embed_chunks(t, chunkTokens => 5, lateChunking => true)) v AS c"
                        + " WHERE c.tokens > 0")
                .collectAsList())
        .hasToString("[[One.], [Two 0]]");
  }

  @Test
  void theNearestDocumentsAreFoundByATableFunction() {
    spark
        .sql("SELECT id, embed(CAST(id AS STRING)) AS embedding FROM range(4)")
        .createOrReplaceTempView("numbers");

    assertThat(
            spark
                .sql(
                    "SELECT query.id AS q, document.id AS d, rank FROM nearest(TABLE(numbers),"
                        + " TABLE(numbers), 1) ORDER BY q")
                .collectAsList())
        .hasToString("[[0,0,1], [1,1,1], [2,2,1], [3,3,1]]");
  }

  /**
   * A client in the JVM looks up the message of a condition in a list of its own, which has those
   * of Spark alone. PySpark shows the server's message.
   */
  @Test
  void theClientReceivesTheConditionOfAWrongOption() {
    assertThatThrownBy(() -> spark.sql("SELECT embed('x', map('longtxt', 'chunk'))").head())
        .hasMessageContaining("'EMBARK_UNKNOWN_OPTION'");
  }

  @Test
  void rerankWithAModelThatIsNoRerankerIsRefused() {
    assertThatThrownBy(
            () ->
                spark
                    .sql(
                        "SELECT rerank('a', 'b', model =>"
                            + " 'classpath:dev/embark/model/all-MiniLM-L6-v2-f16.gguf')")
                    .head())
        .hasMessageContaining("'EMBARK_MODEL'");
  }
}
