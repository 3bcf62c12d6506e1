package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks that optimizer rules do not change results: each statement returns the rows that Spark
 * returns with {@code plain}, an ordinary function that looks up the same values.
 */
class SameAsAnyFunctionTest {
  @TempDir private static Path temp;

  private static SparkSession spark;
  private static final Map<String, Integer> known = new ConcurrentHashMap<>();
  private static final Set<String> asked = ConcurrentHashMap.newKeySet();

  @BeforeAll
  static void start() {
    spark = TestSession.start("local[2]");
    spark.conf().set("spark.sql.ansi.enabled", "true");
    spark
        .udf()
        .register(
            "plain", (UDF1<String, Integer>) SameAsAnyFunctionTest::look, DataTypes.IntegerType);
    spark
        .sql(
            "SELECT * FROM VALUES (1, 'a', 0), (2, 'a longer text here', 2), (3, NULL, 0),"
                + " (4, 'b', 1), (5, 'a longer text here', 3), (6, 'one two three four', 0)"
                + " AS t(id, body, x)")
        .createOrReplaceTempView("s");
    spark.table("s").coalesce(1).write().parquet(temp.resolve("p").toString());
    spark.table("s").repartition(2).write().parquet(temp.resolve("q").toString());
    spark.read().parquet(temp.resolve("p").toString()).createOrReplaceTempView("p");
    spark.read().parquet(temp.resolve("q").toString()).createOrReplaceTempView("q");
    spark.sql("CREATE TEMP VIEW v AS SELECT /*+ COALESCE(1) */ * FROM q");
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  private static Integer look(String text) {
    if (text == null) {
      return null;
    }
    asked.add(text);
    return known.getOrDefault(text, 0);
  }

  @Tag("sql")
  @ParameterizedTest
  @ValueSource(
      strings = {
        // Texts without columns, over joins that add rows of NULLs or hide a side.
        "SELECT a.id, embed_tokens('lit') t FROM p a LEFT JOIN (SELECT id FROM p WHERE id + embed_tokens('lit') > 5) b ON a.id = b.id",
        "SELECT a.id, embed_tokens('lit') t FROM p a FULL JOIN (SELECT id FROM p WHERE id + embed_tokens('lit') > 5) b ON a.id = b.id",
        "SELECT id, embed_tokens('lit'), (SELECT max(b.x + embed_tokens('lit')) FROM q b WHERE b.id = a.id + 1) FROM p a",
        "SELECT a.id, embed_tokens('lit') t FROM p a WHERE EXISTS (SELECT 1 FROM VALUES (1, 5) AS b(k, y) WHERE k = a.id AND y + embed_tokens('lit') > 3)",
        "SELECT a.id, EXISTS (SELECT 1 FROM q b WHERE b.id = a.x AND b.x + embed_tokens('lit') > 3) AS e, embed_tokens('lit') t FROM p a",
        "SELECT a.id, embed_tokens('abc') t FROM p a LEFT ANTI JOIN (SELECT id FROM q WHERE id + embed_tokens('abc') > 5) b ON a.id = b.id",
        "SELECT a.id, embed_tokens('abc') t FROM p a LEFT SEMI JOIN q b ON a.id = b.id AND b.x + embed_tokens('abc') > 3",
        "SELECT a.id, embed_tokens(b.body) t, b.u FROM p a LEFT JOIN (SELECT id, body, embed_tokens(body) AS u FROM q WHERE x > 0) b ON a.id = b.id",
        // Nondeterministic conditions.
        "SELECT id FROM p WHERE monotonically_increasing_id() % 2 = 0 AND embed_tokens(IF(id < 3, 'a', 'a b c')) > 4",
        "SELECT id FROM p WHERE rand(3) < 0.5 AND id > 1 AND embed_tokens(body) > 2",
        "SELECT id FROM p WHERE embed_tokens(body) > 2 AND monotonically_increasing_id() % 2 = 0 AND x > 0",
        // Texts that raise an error for rows that do not reach them.
        "SELECT id FROM p WHERE x = 0 OR embed_tokens(CAST(10 div x AS STRING)) > 0",
        "SELECT id, x = 0 OR embed_tokens(CAST(10 div x AS STRING)) > 0 FROM p",
        "SELECT id, x > 0 AND embed_tokens(CAST(10 div x AS STRING)) > 0 FROM p",
        "SELECT id FROM p WHERE embed_tokens(body) > 2 AND (x = 0 OR embed_tokens(CAST(10 div x AS STRING)) > 0)",
        "SELECT id FROM p WHERE embed_tokens(body) - 6 + x > 0 AND embed_tokens(CAST(10 div x AS STRING)) > 0 AND id > 1 AND embed_tokens(CAST(11 div x AS STRING)) > 0",
        "SELECT a.id, b.id FROM p a LEFT JOIN q b ON a.id = b.id AND a.x <> 0 AND embed_tokens(CAST(10 div a.x AS STRING)) > 0",
        "SELECT id, CASE WHEN x <> 0 AND id IN (SELECT x FROM q) THEN embed_tokens(concat('a', CAST(10 div x AS STRING))) END FROM p",
        "SELECT id, IF(uuid() > '' AND x <> 0, embed_tokens(CAST(10 div x AS STRING)), 0) FROM p",
        "SELECT id, CASE WHEN embed_tokens(body) > 4 THEN 1 WHEN x = 0 THEN 2 ELSE embed_tokens(CAST(10 div x AS STRING)) END FROM p",
        "SELECT id, IF(embed_tokens(body) <> 3, embed_tokens(CAST(10 div (embed_tokens(body) - 3) AS STRING)), 0) FROM p",
        "SELECT id, coalesce(embed_tokens(body), embed_tokens(CAST(10 div x AS STRING))) FROM p WHERE x <> 0 OR body IS NOT NULL",
        "SELECT IF(x <> 0, embed_tokens(CAST(10 div x AS STRING)), 0), IF(x <> 0, embed_tokens(concat(10 div x, embed_tokens(CAST(10 div x AS STRING)))), 0) FROM p",
        "SELECT id, transform(array(1), w -> IF(x <> 0, embed_tokens(CAST(10 div x AS STRING)), 0)) FROM p",
        "SELECT id, transform(array(x), w -> IF(w <> 0, embed_tokens(CAST(10 div x AS STRING)), 0)) FROM p",
        "SELECT id, transform(filter(array(x), w -> w <> 0), w -> embed_tokens(CAST(10 div x AS STRING))) FROM p",
        "SELECT body, sum(b) FROM VALUES ('a', 9223372036854775807), ('a', 1), ('a longer text here', 3) AS t(body, b) WHERE embed_tokens(body) > 4 GROUP BY body",
        // File names of rows.
        "SELECT body, input_file_name() LIKE '%parquet' f, t FROM v LATERAL VIEW explode(array(embed_tokens(body))) x AS t",
        "SELECT body, input_file_name() LIKE '%parquet' f, explode(array(embed_tokens(body))) FROM v",
        "SELECT input_file_name() LIKE '%parquet' f, embed_tokens(body) FROM v LIMIT 9",
        // Sorts, samples, repartitioning.
        "SELECT id, embed_tokens(body) t FROM q ORDER BY t DESC NULLS LAST, id OFFSET 2",
        "SELECT explode(array(embed_tokens(body), id)) t FROM p ORDER BY t",
        "SELECT id, embed_tokens(body) FROM (SELECT /*+ REPARTITION(3) */ * FROM q) WHERE embed_tokens(body) > 3",
        "SELECT id FROM p WHERE embed_tokens(body) > 3 DISTRIBUTE BY id SORT BY embed_tokens(body), id",
        "SELECT id, t FROM (SELECT id, embed_tokens(body) t FROM p WHERE embed_tokens(body) > 3) TABLESAMPLE (50 PERCENT) REPEATABLE (7)",
        "SELECT d.id, e.id, embed_tokens(d.body) + embed_tokens(e.body) FROM p d CROSS JOIN q e ORDER BY d.id, e.id",
      })
  void rowsEqualThoseOfAnOrdinaryFunction(String statement) {
    List<String> rows = rows(statement);

    assertThat(rows).isNotEmpty().containsExactlyInAnyOrderElementsOf(expected(statement));
  }

  @Test
  void scalarSubqueryRowsEqualThoseOfAnOrdinaryFunction() {
    assumeThat(spark.version()).as("Spark 3.5 refuses such subqueries").isGreaterThan("4");

    rowsEqualThoseOfAnOrdinaryFunction(
        "SELECT id, embed_tokens('lit'), (SELECT b.x + embed_tokens('lit') FROM q b"
            + " WHERE b.id = a.id + 1) FROM p a");
  }

  /** Repeats the statement until all values that it looks up are known. */
  private static List<String> expected(String statement) {
    while (true) {
      asked.clear();
      List<String> rows = rows(statement.replace("embed_tokens(", "plain("));
      asked.removeAll(known.keySet());
      if (asked.isEmpty()) {
        return rows;
      }
      for (String text : asked) {
        known.put(text, spark.sql("SELECT embed_tokens('" + text + "')").head().getInt(0));
      }
    }
  }

  private static List<String> rows(String statement) {
    return spark.sql(statement).collectAsList().stream().map(Row::toString).toList();
  }
}
