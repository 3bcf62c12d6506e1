package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.embark.engine.rows.RowCounts;
import dev.embark.spark.metrics.ApplicationProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs statements over {@code docs} (20 rows: id, grp = id % 4, body, with 10 distinct bodies) and
 * checks that the vectors are right and that exactly as many rows are embedded as necessary.
 * Columns {@code v} and {@code v2} are the first elements of the embedding of the column {@code
 * body} or {@code body2} next to them.
 */
class QueryPlanningTest {
  @TempDir private static Path temp;

  private static SparkSession spark;
  private static final Map<String, Float> oracle = new HashMap<>();

  @BeforeAll
  static void start() {
    spark = TestSession.start("local[2]");
    spark
        .sql(
            "SELECT id, id % 4 AS grp, concat('text about subject ', id % 10) AS body,"
                + " id * 2 AS unused FROM range(0, 20, 1, 2)")
        .write()
        .mode("overwrite")
        .parquet(path("docs"));
    spark.read().parquet(path("docs")).createOrReplaceTempView("docs");
    spark.sql("CREATE TEMP VIEW embedded AS SELECT id, grp, body, embed(body) AS e FROM docs");
    spark.sql(
        "CACHE TABLE cached AS SELECT id, grp, body, embed(body) AS e FROM docs WHERE id < 99");
    // Expected values come from one statement per text, which involves no planning.
    for (int i = 0; i < 10; i++) {
      String body = "text about subject " + i;
      oracle.put(body, spark.sql("SELECT embed('" + body + "')").head().<Float>getList(0).get(0));
    }
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  private static String path(String name) {
    return temp.resolve(name).toString();
  }

  @Tag("sql")
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "20 | SELECT id, body, embed(body)[0] AS v FROM docs",
        "20 | SELECT id, body, embed(body)[0] AS v, embed(body)[0] AS v2, body AS body2 FROM docs",
        "20 | SELECT id, body, d.embedding[0] AS v, embed(body)[0] AS v2, body AS body2 FROM (SELECT *, embed_detail(body) AS d FROM docs)",
        "5  | SELECT id, body, embed(body)[0] AS v FROM docs WHERE grp = 1",
        "20 | SELECT id, body, embed(body)[0] AS v FROM docs WHERE embed(body)[0] > -2",
        "5  | SELECT id, body, embed(body)[0] AS v FROM docs WHERE embed(body)[0] > -2 AND grp = 1",
        "25 | SELECT id, body FROM docs WHERE embed(body)[0] + IF(id < 5, 9, -9) > 0 AND embed(concat(body, '!'))[0] > -2",
        "20 | SELECT id, body, e[0] AS v FROM (SELECT id, body, embed(body) AS e FROM docs) WHERE e[0] > -2",
        "20 | SELECT id, body, e[0] AS v FROM (SELECT id, body, embed(body) AS e FROM docs) WHERE e[0] > -2 ORDER BY id",
        "20 | WITH c AS (SELECT id, body, embed(body) AS e FROM docs) SELECT id, body, e[0] AS v FROM c",
        "20 | SELECT id, body, embed(body)[0] AS v FROM docs ORDER BY id",
        "7  | SELECT id, body, embed(body)[0] AS v FROM docs ORDER BY id DESC LIMIT 7",
        "3  | SELECT id, body, embed(body)[0] AS v FROM docs LIMIT 3",
        "3  | SELECT id, body, embed(body)[0] AS v FROM docs ORDER BY id LIMIT 3 OFFSET 4",
        "20 | SELECT id, body, embed(body)[0] AS v FROM docs ORDER BY embed(body)[0] LIMIT 5",
        "40 | SELECT id, body, embed(body)[0] AS v FROM docs UNION ALL SELECT id, body, embed(body)[0] FROM docs",
        "20 | SELECT d.id, d.body, embed(d.body)[0] AS v FROM docs d JOIN (SELECT 1 AS g) x ON d.grp >= x.g OR d.grp < x.g",
        "20 | SELECT d.id, d.body, embed(d.body)[0] AS v FROM docs d JOIN docs e ON d.id = e.id",
        "40 | SELECT d.id, d.body, embed(d.body)[0] AS v, e.body AS body2, embed(e.body)[0] AS v2 FROM docs d JOIN docs e ON d.id = e.id",
        "40 | SELECT d.id, d.body FROM docs d JOIN docs e ON d.id = e.id AND embed(d.body)[0] <= embed(e.body)[0] + 9",
        "10 | SELECT body, embed(body)[0] AS v FROM docs GROUP BY body",
        "10 | SELECT body, embed(body)[0] AS v, count(*) AS n FROM docs GROUP BY body",
        "10 | SELECT body, embed(body)[0] AS v FROM (SELECT DISTINCT body FROM docs)",
        "4  | SELECT m AS body, embed(m)[0] AS v FROM (SELECT grp, max(body) AS m FROM docs GROUP BY grp)",
        "4  | SELECT max(body) AS body, embed(max(body))[0] AS v, count(1) AS n FROM docs GROUP BY grp",
        "20 | SELECT grp, sum(embed(body)[0]) AS s FROM docs GROUP BY grp",
        "20 | SELECT embed(body)[0] AS s, count(*) AS n FROM docs GROUP BY embed(body)[0]",
        "20 | SELECT DISTINCT embed(body)[0] AS s FROM docs",
        "20 | SELECT id, body, embed(body)[0] AS v, row_number() OVER (PARTITION BY grp ORDER BY id) AS r FROM docs",
        "20 | SELECT id, body, embed(body)[0] AS v FROM docs WHERE id IN (SELECT id FROM docs WHERE unused >= 0)",
        "20 | SELECT id, body, (SELECT embed('text about subject 3')[0]) AS v2, 'text about subject 3' AS body2 FROM docs",
        "20 | SELECT id, concat('text about ', 'subject ', CAST(id % 10 AS STRING)) AS body, embed(concat('text about ', 'subject ', CAST(id % 10 AS STRING)))[0] AS v FROM docs",
        "20 | SELECT id, body, embed_detail(body).embedding[0] AS v, embed_tokens(body) AS t FROM docs",
        "20 | SELECT /*+ REPARTITION(3) */ id, body, embed(body)[0] AS v FROM docs",
        "20 | SELECT id, body, transform(array(body), t -> embed(t)[0])[0] AS v FROM docs",
        "20 | SELECT id, body, embed(array_join(transform(split(body, ' '), w -> w), ' '))[0] AS v FROM docs",
        "20 | SELECT d.id, d.body, e.body AS body2 FROM docs d JOIN docs e ON d.id = e.id AND embed(concat(d.body, e.body))[0] < 9",
        "4  | SELECT id, IF(id < 4, body, 'text about subject 0') AS body, CASE WHEN id < 4 THEN embed(body)[0] ELSE float('%0') END AS v FROM docs",
        "8  | SELECT id, CASE WHEN id < 4 THEN embed(body)[0] WHEN id > 15 THEN embed(body)[1] END AS w FROM docs",
        "20 | SELECT id, body, embed(body)[0] AS v, IF(id < 4, embed(body)[1], 0) AS w FROM docs",
        "16 | SELECT id, IF(nullif(id, 3) < 5, 0, embed(body)[1]) AS w FROM docs",
        // Conditions that Spark's own operators need are not moved into the text.
        "20 | SELECT id, body, CASE WHEN id IN (SELECT d.id FROM docs d WHERE d.body = docs.body) THEN embed(body)[0] END AS v FROM docs",
        "20 | SELECT id, IF(id IN (SELECT d.id FROM docs d WHERE d.body = docs.body), body, 'text about subject 0') AS body, embed(IF(id IN (SELECT d.id FROM docs d WHERE d.body = docs.body), body, 'text about subject 0'))[0] AS v FROM docs",
        "20 | SELECT id, body, CASE WHEN NOT EXISTS (SELECT 1 FROM docs d WHERE d.id = docs.id + 99) THEN embed(body)[0] END AS v FROM docs",
        "20 | SELECT id, body, embed(IF(EXISTS (SELECT 1 FROM docs d WHERE d.id = docs.id), body, 'x'))[0] AS v FROM docs",
        "20 | SELECT id, body FROM docs WHERE CASE WHEN id IN (SELECT d.id FROM docs d WHERE d.body = docs.body) THEN embed(body)[0] > -2 ELSE false END",
        "20 | SELECT grp, IF(count(*) > 1, max(embed(body)[0]), 0) AS m FROM docs GROUP BY grp",
        "20 | SELECT id, body, embed(concat(body, substr(uuid(), 1, 0)))[0] AS v FROM docs",
        "40 | SELECT id, body, embed(IF(rand() < 2, body, ''))[0] AS v FROM docs WHERE embed(concat(body, substr(uuid(), 1, 0)))[0] > -2",
        "5  | SELECT id, CASE WHEN id < 15 THEN 0 WHEN uuid() = '' THEN 0 ELSE embed(body)[0] END AS w FROM docs",
        "5  | SELECT id, IF(id < 15, 0, IF(uuid() > '', 0, IF(10 / (id - id) > 1, embed(body)[0], embed(body)[1]))) AS w FROM docs",
        "20 | SELECT id, CASE WHEN uuid() > '' THEN 0 WHEN 10 / (id - id) > 1 THEN embed(body)[0] END AS w FROM docs",
        "20 | SELECT id, coalesce(IF(uuid() > '', 1F, NULL), IF(10 / (id - id) > 1, embed(body)[0], 0)) AS w FROM docs",
        "10 | SELECT id, IF(id < 10, 0F, IF(10 / (id DIV 10) > 1, embed(body)[0], embed(body)[1])) AS w FROM docs",
        "10 | SELECT id, CASE WHEN id < 10 THEN 0F WHEN 10 / (id DIV 10) > 1 AND 10 / (id DIV 10) < 50 THEN embed(body)[0] END AS w FROM docs",
        "40 | SELECT id, id < 10 OR IF(10 / (id DIV 10) > 1, embed(body)[0], embed(concat(body, '!'))[0]) > 0 AS w FROM docs",
        "20 | SELECT id, transform(array(id), x -> IF(x < 4, embed(body)[0], 0))[0] AS w FROM docs",
        "20 | SELECT id, body, IF(uuid() > '', embed(body)[0], float(0)) AS v FROM docs",
        "4  | SELECT max(embed(body)[0]) FILTER (WHERE id < 4) AS w FROM docs",
        "10 | SELECT DISTINCT body, element_at(transform(embed(body), x -> x), 1) AS v FROM docs",
        "10 | SELECT body, aggregate(embed(body), 0D, (s, x) -> s + x * x) AS n, count(*) FROM docs GROUP BY body",
        "9  | SELECT body, IF(min(id) = 0, 0, embed(body)[0] + 10 / min(id)) AS w FROM docs GROUP BY body",
        "7  | SELECT id AS k, body, embed(body)[0] AS v FROM docs ORDER BY k DESC LIMIT 7",
        "25 | SELECT id, body, embed(body)[0] AS v, embed(concat(body, '!'))[0] AS w FROM docs ORDER BY v DESC LIMIT 5",
        // Subqueries that Spark rewrites to joins.
        "40 | SELECT id FROM docs d WHERE NOT EXISTS (SELECT 1 FROM docs e WHERE cosine_similarity(embed(e.body), embed(d.body)) > 2)",
        "3  | SELECT d.id, d.body, x.v FROM docs d JOIN LATERAL (SELECT embed(e.body)[0] AS v FROM docs e WHERE e.id = d.id) x WHERE d.id < 3",
        "20 | SELECT d.id, (SELECT coalesce(embed_tokens(max(e.body)), 0) FROM docs e WHERE e.id = d.id) AS n FROM docs d",
        "20 | SELECT d.id, d.body, (SELECT embed(max(e.body))[0] FROM docs e WHERE e.id = d.id) AS v FROM docs d",
        "20 | SELECT id, body FROM docs WHERE id IN (SELECT e.id FROM docs e WHERE embed(e.body)[0] > -2 AND e.grp = docs.grp)",
        "40 | SELECT d.id, 'text about subject 3' AS body, (SELECT embed(coalesce(max(e.body), 'text about subject 3'))[0] FROM docs e WHERE e.id = d.id + 99) AS v FROM docs d",
        "17 | SELECT id, body, coalesce(IF(id < 3, float('%0'), NULL), embed(body)[1]) AS w FROM docs",
        "20 | SELECT id, body, embed(body)[0] AS v FROM docs SORT BY id",
        "20 | SELECT id, body, embed(body)[0] AS v FROM docs WHERE embed(body)[1] > -2 ORDER BY grp, id",
        "20 | SELECT id, body, x AS v FROM docs LATERAL VIEW explode(slice(embed(body), 1, 1)) AS x",
        // Views and caches: a view repeats its query, a cache was filled before.
        "20 | SELECT id, body, e[0] AS v FROM embedded",
        "5  | SELECT id, body, e[0] AS v FROM embedded WHERE grp = 1",
        "20 | SELECT id, body, e[0] AS v, embed(body)[0] AS v2, body AS body2 FROM embedded WHERE e[1] > -2",
        "0  | SELECT id, body, e[0] AS v FROM cached WHERE grp = 1",
        "0  | SELECT id, body, e[0] AS v FROM cached WHERE e[0] > -2 ORDER BY e[0]",
        "5  | SELECT id, body, embed(body)[0] AS v FROM cached WHERE grp = 1",
        // Spark runs a CTE once per use; here both uses share one shuffle.
        "20 | WITH c AS (SELECT id, body, embed(body)[0] AS v FROM docs) SELECT /*+ MERGE(a, b) */ a.id, a.body, a.v, b.body AS body2, b.v AS v2 FROM c a JOIN c b ON a.id = b.id",
        // Sorted by the embedding itself, without a limit.
        "20 | SELECT id, body, embed(body)[0] AS v FROM docs ORDER BY embed(body)[0]",
        "20 | SELECT id, body, e[0] AS v FROM embedded WHERE e[0] > -2 ORDER BY e[1] DESC, id",
        "20 | SELECT id FROM docs WHERE embed(body)[0] > -2 ORDER BY id",
        "40 | SELECT id, body, v FROM (SELECT id, body, embed(body)[0] AS v FROM docs UNION ALL SELECT id, body, embed(body)[0] FROM docs) ORDER BY v",
        // A filter's child may have additional columns; a union resolves columns by position.
        "20 | SELECT * FROM docs WHERE embed(body)[0] > -2 UNION ALL SELECT * FROM docs WHERE grp < 0",
        "25 | SELECT body, embed(body)[0] AS v FROM docs UNION SELECT body, embed(body)[0] FROM docs WHERE grp = 1",
        "25 | SELECT body, embed(body)[0] AS v FROM docs INTERSECT SELECT body, embed(body)[0] FROM docs WHERE grp = 1",
        "20 | SELECT body, embed(body)[0] AS v FROM docs EXCEPT SELECT 'text about subject 3', 0F",
        // Windows.
        "20 | SELECT id, body, e[0] AS v, rank() OVER (ORDER BY e[0]) AS r FROM embedded",
        "20 | SELECT id, body, embed(body)[0] AS v, sum(embed(body)[1]) OVER (PARTITION BY grp) AS s FROM docs",
        "4  | SELECT id, body, embed(body)[0] AS v FROM (SELECT *, row_number() OVER (PARTITION BY grp ORDER BY id) AS r FROM docs) WHERE r = 1",
        // Joins. A NULL text of an outer join is not embedded. From the side to which an outer join
        // adds NULLs, a result is passed up only if its text is a column.
        "20 | SELECT d.id, d.body, embed(d.body)[0] AS v FROM docs d LEFT JOIN docs e ON d.id = e.id AND e.grp = 1",
        "5  | SELECT d.id, e.body, embed(e.body)[0] AS v FROM docs d LEFT JOIN docs e ON d.id = e.id AND e.grp = 1",
        "20 | SELECT d.id, e.body, embed(e.body)[0] AS v FROM docs d LEFT JOIN docs e ON d.id = e.id AND embed(e.body)[0] > -2",
        "20 | SELECT d.id, e.body, embed(e.body)[0] AS v FROM docs d LEFT JOIN docs e ON d.id + 10 = e.id AND embed(e.body)[0] > -2",
        "20 | SELECT d.id, d.body, embed(d.body)[0] AS v FROM docs d LEFT JOIN docs e ON d.id = e.id AND embed(d.body)[0] > -2",
        "20 | SELECT d.id, d.body, embed(d.body)[0] AS v, e.id AS other FROM docs d FULL JOIN docs e ON d.id = e.id + 10 AND embed(d.body)[0] > -2",
        "20 | SELECT d.id, d.body, embed(d.body)[0] AS v FROM docs d JOIN docs e ON d.id = e.id WHERE embed(d.body)[0] > -2",
        "20 | SELECT d.id, coalesce(e.body, 'text about subject 7') AS body FROM docs d LEFT JOIN (SELECT * FROM docs WHERE embed(coalesce(body, 'text about subject 7'))[0] > -2) e ON d.id = e.id",
        "10 | SELECT d.id, coalesce(e.body, 'text about subject 7') AS body, embed(coalesce(e.body, 'text about subject 7'))[0] AS v FROM docs d LEFT JOIN docs e ON d.id = e.id AND e.id > 9 WHERE d.id < 10",
        "5  | SELECT id, body, embed(body)[0] AS v FROM docs d LEFT SEMI JOIN (SELECT id AS k FROM docs WHERE grp = 2) s ON d.id = s.k",
        "15 | SELECT id, body, embed(body)[0] AS v FROM docs d LEFT ANTI JOIN (SELECT id AS k FROM docs WHERE grp = 2) s ON d.id = s.k",
        "20 | SELECT d.id, d.body FROM docs d LEFT SEMI JOIN docs e ON d.id = e.id AND embed(e.body)[0] > -2",
        // A condition that Spark infers for the other side of an equality is not embedded a second
        // time.
        "23 | SELECT d.id, d.body, embed(d.body)[0] AS v, e.id AS other FROM docs d JOIN docs e ON d.body = e.body WHERE embed(d.body)[0] > -2 AND d.id < 3",
        "23 | SELECT d.id, d.body, embed(d.body)[0] AS v FROM docs e JOIN docs d ON d.body = e.body WHERE embed(d.body)[0] > -2 AND d.id < 3",
        "23 | SELECT d.id, d.body, e.id AS other FROM docs d JOIN docs e ON d.body = e.body WHERE embed(d.body)[0] > -2 AND embed(e.body)[0] > -2 AND d.id < 3",
        "23 | SELECT d.id, d.body, e.id AS other FROM docs d LEFT JOIN docs e ON d.body = e.body WHERE embed(d.body)[0] > -2 AND embed(d.body)[1] > -2 AND d.id < 3",
        "23 | SELECT d.id, d.body, e.id AS other FROM docs d LEFT JOIN docs e ON d.body = e.body AND embed(d.body)[0] > -2 WHERE d.id < 3",
        "23 | SELECT d.id, d.body, e.id AS other FROM docs d RIGHT JOIN docs e ON d.body = e.body AND embed(e.body)[0] > -2 WHERE e.id < 3",
        "3  | SELECT d.id, d.body FROM docs d LEFT ANTI JOIN docs e ON d.body = e.body AND e.id > 99 WHERE embed(d.body)[0] > -2 AND d.id < 3",
        "23 | SELECT d.id, d.body, n FROM docs d JOIN (SELECT body, count(*) AS n FROM docs GROUP BY body) e ON d.body = e.body WHERE embed(d.body)[0] > -2 AND d.id < 3",
        "43 | SELECT d.id, d.body, f.id AS other FROM docs d JOIN docs e ON d.body = e.body JOIN docs f ON e.body = f.body WHERE embed(d.body)[0] > -2 AND d.id < 3",
        "23 | SELECT d.id, d.body, embed(d.body)[0] AS v, e.body AS body2, embed(e.body)[0] AS v2 FROM docs d JOIN docs e ON d.body = e.body WHERE embed(d.body)[0] > -2 AND d.id < 3",
        "40 | SELECT d.id, d.body FROM docs d JOIN docs e ON lower(d.body) = lower(e.body) WHERE embed(d.body)[0] > -2 AND embed(e.body)[0] > -2",
        // Rows are embedded below a join that pairs rows, and above one that selects rows.
        "20 | SELECT d.id, d.body, embed(d.body)[0] AS v FROM docs d CROSS JOIN (SELECT id AS k FROM docs WHERE id < 3) e",
        "40 | SELECT d.id, d.body, embed(d.body)[0] AS v, e.body AS body2, embed(e.body)[0] AS v2 FROM docs d JOIN docs e ON d.id < e.id",
        "40 | SELECT d.id, d.body, embed(d.body)[0] AS v, e.body AS body2, embed(e.body)[0] AS v2 FROM docs d JOIN docs e ON d.id <> e.id JOIN docs f ON e.id > f.id",
        "40 | SELECT d.id, max(cosine_similarity(embed(d.body), embed(e.body))) AS m FROM docs d CROSS JOIN docs e GROUP BY d.id",
        "40 | SELECT d.id, e.id, cosine_similarity(embed(d.body), embed(e.body)) AS s FROM docs d CROSS JOIN docs e ORDER BY s DESC LIMIT 3",
        "20 | SELECT d.id, e.id, cosine_similarity(embed(d.body), embed(e.body)) AS s FROM docs d CROSS JOIN docs e ORDER BY d.id, e.id",
        "20 | SELECT d.id AS k, d.body, embed(d.body)[0] AS v FROM docs d JOIN docs e ON d.id < e.id ORDER BY k",
        "3  | SELECT d.id, d.body, embed(d.body)[0] AS v FROM docs d CROSS JOIN docs e ORDER BY d.id LIMIT 3",
        "4  | SELECT d.id, d.body, embed(d.body)[0] AS v FROM docs d JOIN (SELECT id AS k FROM docs WHERE id IN (2, 9)) e ON d.id BETWEEN e.k AND e.k + 1",
        "20 | SELECT d.id, d.body, embed(d.body)[0] AS v FROM docs d LEFT JOIN docs e ON d.id < e.id",
        "20 | SELECT d.id, e.body, embed(e.body)[0] AS v FROM docs d LEFT JOIN docs e ON d.id < e.id",
        "20 | SELECT d.id, d.body, embed(d.body)[0] AS v FROM docs d RIGHT JOIN docs e ON d.id < e.id",
        "40 | SELECT d.id, e.body, embed(e.body)[0] AS v, cosine_similarity(embed(d.body), embed(e.body)) AS s FROM docs d LEFT JOIN docs e ON d.id <> e.id",
        "190 | SELECT d.id, concat('text about ', e.s) AS body, embed(concat('text about ', e.s))[0] AS v FROM docs d LEFT JOIN (SELECT id, concat('subject ', id % 10) AS s FROM docs) e ON d.id < e.id",
        "191 | SELECT d.id, coalesce(e.body, 'text about subject 7') AS body, embed(coalesce(e.body, 'text about subject 7'))[0] AS v FROM docs d LEFT JOIN docs e ON d.id < e.id",
        "190 | SELECT d.id, d.body, embed(d.body, map('mode', 'FAILFAST'))[0] AS v FROM docs d JOIN docs e ON d.id < e.id",
        "38 | SELECT d.id, CASE WHEN d.id + 1 = e.id THEN cosine_similarity(embed(d.body), embed(e.body)) END AS s FROM docs d JOIN docs e ON d.id < e.id",
        "3  | SELECT d.id, d.body, embed(d.body)[0] AS v FROM docs d JOIN (SELECT max(id) - 3 AS m FROM docs) x ON d.id > x.m",
        "2  | SELECT d.id, d.body, embed(d.body)[0] AS v FROM docs d JOIN (VALUES ('%subject 3'), ('%nothing') AS p(l)) ON d.body LIKE l",
        "3  | SELECT d.id, d.body, embed(d.body)[0] AS v FROM docs d CROSS JOIN docs e LIMIT 3",
        // Subqueries.
        "40 | SELECT id, body, embed(body)[0] AS v FROM docs d WHERE EXISTS (SELECT 1 FROM docs e WHERE e.id = d.id AND embed(e.body)[0] > -2)",
        "25 | SELECT id, body FROM docs WHERE embed(body)[0] IN (SELECT embed(body)[0] FROM docs WHERE grp = 1)",
        "40 | SELECT id, body, embed(body)[0] AS v FROM docs WHERE embed(body)[0] >= (SELECT min(embed(body)[0]) FROM docs)",
        "20 | SELECT id, body, (SELECT max(embed(e.body)[0]) FROM docs e WHERE e.id = d.id) AS v FROM docs d",
        "2  | SELECT id, (SELECT max(body) FROM docs) AS body, embed((SELECT max(body) FROM docs))[0] AS v FROM docs WHERE id < 2",
        "20 | SELECT d.id, d.body, x.v FROM docs d, LATERAL (SELECT embed(d.body)[0] AS v) x",
        "20 | SELECT d.id, d.body, x.v FROM docs d JOIN LATERAL (SELECT embed(e.body)[0] AS v FROM docs e WHERE e.id = d.id) x",
        // Groups.
        "10 | SELECT body, embed(body)[0] AS v FROM docs GROUP BY body HAVING count(*) > 1",
        "30 | SELECT body, embed(body)[0] AS v FROM docs GROUP BY body HAVING embed(body)[0] > -2",
        "20 | SELECT body, count(*) AS n FROM docs WHERE embed(body)[0] > -2 GROUP BY body",
        "5  | SELECT count(*) AS n FROM docs WHERE embed(body)[0] > -2 AND id < 5 GROUP BY body",
        "20 | SELECT grp, count(DISTINCT embed(body)[0]) AS a, count(DISTINCT embed(body)[1]) AS b FROM docs GROUP BY grp",
        "20 | SELECT * FROM (SELECT grp, id, embed(body)[0] AS w FROM docs) PIVOT (max(w) FOR grp IN (0, 1, 2, 3))",
        // A call over grouping keys is neither a key nor an aggregate.
        "10 | SELECT DISTINCT body, embed(body)[0] AS v FROM docs",
        "20 | SELECT DISTINCT body, grp, embed(body)[0] AS v FROM docs",
        "10 | SELECT DISTINCT lower(body) AS body, embed(lower(body))[0] AS v FROM docs",
        "30 | SELECT DISTINCT body, e[0] AS v FROM embedded WHERE e[0] > -2",
        "10 | SELECT body, embed(body)[0] AS v, count(*) AS n FROM docs GROUP BY body, embed(body)[0]",
        "10 | SELECT embed(body)[1] AS w, body FROM docs GROUP BY ALL",
        "10 | SELECT body, max(embed(body)[0]) AS v, count(*) AS n FROM docs GROUP BY body",
        "10 | SELECT body, first(e)[0] AS v FROM embedded GROUP BY body",
        "20 | SELECT body, max(embed(body)[0]) AS v, sum(embed(body)[1]) AS w FROM docs GROUP BY body",
        "0  | SELECT body, max(embed(body)[0]) FILTER (WHERE id > 99) AS w FROM docs GROUP BY body",
        // Grouping sets multiply rows; a key that is NULL in a set has no embedding.
        "40 | SELECT grp, sum(embed(body)[0]) AS s FROM docs GROUP BY ROLLUP (grp)",
        "100 | SELECT grp, id, sum(embed(body)[0]) AS s FROM docs WHERE embed(body)[1] > -2 GROUP BY CUBE (grp, id)",
        "20 | SELECT embed(body)[0] AS w, grp, count(*) AS n FROM docs GROUP BY ROLLUP (embed(body)[0], grp)",
        "40 | SELECT grp, count(DISTINCT embed(body)) AS a, count(DISTINCT body) AS b FROM docs GROUP BY ROLLUP (grp)",
        "10 | SELECT body, embed(body)[0] AS v, count(*) AS n FROM docs GROUP BY ROLLUP (body)",
        "10 | SELECT grp, body, embed(body)[0] AS v FROM docs GROUP BY GROUPING SETS ((grp), (body))",
        // Range partitioning reads all rows first.
        "20 | SELECT /*+ REPARTITION_BY_RANGE(3, id) */ id, body, embed(body)[0] AS v FROM docs",
        "20 | SELECT /*+ REPARTITION_BY_RANGE(3, v) */ id, body, v FROM (SELECT id, body, embed(body)[0] AS v FROM docs)",
        "20 | SELECT id FROM docs CLUSTER BY embed(body)[0], id",
        "20 | SELECT id, body, embed(body)[0] AS v FROM docs ORDER BY embed(body)[0] OFFSET 2",
        "20 | SELECT id, explode(slice(embed(body), 1, 2)) AS f FROM docs ORDER BY f",
        // Results are reused above nodes that spread, sample or skip rows.
        "20 | SELECT id, body, embed(body)[0] AS v FROM (SELECT /*+ REPARTITION(3) */ * FROM docs) WHERE embed(body)[0] > -2",
        "20 | SELECT id FROM docs WHERE embed(body)[0] > -2 DISTRIBUTE BY id SORT BY embed(body)[0], id",
        "20 | SELECT id, body, embed(body)[0] AS v FROM docs WHERE embed(body)[0] > -2 LIMIT 100 OFFSET 1",
        "20 | SELECT id, w FROM (SELECT id, embed(body)[0] AS w FROM docs WHERE embed(body)[0] > -2) TABLESAMPLE (50 PERCENT) REPEATABLE (7)",
        // Rows are counted at the operator: a row that explode duplicated counts twice.
        "40 | SELECT id, body, w, embed(body)[0] AS v FROM docs LATERAL VIEW explode(array(1, 2)) t AS w",
        // Calls of calls, other options, NULLs, literals, samples.
        "40 | SELECT id, embed(CAST(embed_tokens(body) AS STRING))[1] AS w FROM docs",
        "40 | SELECT id, body, embed(body)[0] AS v, embed(body, map('maxTokens', 4))[0] AS w FROM docs",
        "15 | SELECT id, IF(grp = 0, NULL, body) AS body, embed(IF(grp = 0, NULL, body))[0] AS v FROM docs",
        "2  | SELECT body, embed(body)[0] AS v FROM VALUES ('text about subject 1'), ('text about subject 2'), (NULL) AS t(body)",
        "5  | SELECT id, body, embed(body)[0] AS v FROM docs TABLESAMPLE (5 ROWS)",
        "4  | SELECT id, body, embed(body)[0] AS v FROM docs TABLESAMPLE (20 PERCENT) REPEATABLE (1)",
        "4  | SELECT id, body, e[0] AS v FROM embedded TABLESAMPLE (20 PERCENT) REPEATABLE (1)",
      })
  void embedsEachRowOnceWithTheRightVector(long rows, String statement) {
    for (String onOff : List.of("true", "false")) {
      spark.conf().set("spark.sql.adaptive.enabled", onOff);
      spark.conf().set("spark.sql.codegen.wholeStage", onOff);
      long before = textsOfEngine();
      List<Row> result =
          spark
              .sql(statement.replace("%0", oracle.get("text about subject 0").toString()))
              .collectAsList();
      assertThat(textsOfEngine() - before)
          .as("rows with a text that reached the engine, adaptive and whole-stage %s", onOff)
          .isEqualTo(rows);
      assertThat(result).isNotEmpty();
      for (Row row : result) {
        List<String> columns = new ArrayList<>(List.of(row.schema().fieldNames()));
        check(row, columns, "body", "v");
        check(row, columns, "body2", "v2");
      }
    }
  }

  /**
   * Without broadcast, a join without an equality condition is a CartesianProduct, which reads each
   * side once per partition of the other. Both sides of a self-join of the same call read one
   * shuffle.
   */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "20 | SELECT d.id, d.body, embed(d.body)[0] AS v FROM docs d CROSS JOIN (SELECT id AS k FROM docs WHERE id < 9) e",
        "20 | SELECT d.id, d.body, embed(d.body)[0] AS v FROM (SELECT id AS k FROM docs) e JOIN docs d ON d.id < e.k",
        "40 | SELECT d.id, cosine_similarity(embed(d.body), embed(concat(e.body, '!'))) AS s FROM docs d CROSS JOIN docs e",
        "20 | SELECT cosine_similarity(embed(d.body), embed(e.body)) AS s FROM docs d CROSS JOIN docs e",
        "40 | SELECT d.id, max(cosine_similarity(embed(d.body), embed(e.body))) AS m FROM docs d CROSS JOIN docs e GROUP BY d.id ORDER BY m",
        "20 | SELECT d.id, d.body, d.v FROM (SELECT id, body, x AS v FROM (SELECT *, explode(array(embed(body)[0])) AS x FROM docs) WHERE x > -2) d JOIN docs e ON d.id > e.id OR d.v > e.id",
        "20 | SELECT k, w FROM (SELECT max(embed(body)[0]) AS w FROM docs GROUP BY id) CROSS JOIN (SELECT id AS k FROM docs)",
        "4  | SELECT k, w FROM (SELECT max(embed(body)[0]) AS w FROM (SELECT /*+ COALESCE(1) */ * FROM docs WHERE grp = 1 AND id <> 5) GROUP BY id) CROSS JOIN (SELECT id AS k FROM docs)",
        "20 | SELECT d.id, d.body, embed(d.body)[0] AS v FROM docs d CROSS JOIN (SELECT id AS k FROM docs) e CROSS JOIN (SELECT id AS k FROM docs WHERE id < 9) f",
        "20 | SELECT d.id, d.body, embed(d.body)[0] AS v FROM (SELECT a.id, a.body FROM docs a JOIN docs b ON a.id = b.id) d CROSS JOIN (SELECT id AS k FROM docs) e",
        "20 | SELECT /*+ SHUFFLE_REPLICATE_NL(d) */ d.id, d.body, d.v FROM (SELECT id, body, embed(body)[0] AS v FROM docs) d JOIN docs e ON d.id = e.id",
        "40 | SELECT w, k FROM (SELECT embed(body)[0] AS w FROM docs UNION ALL SELECT embed(body)[1] FROM docs) CROSS JOIN (SELECT id AS k FROM docs)",
        "20 | SELECT d.id, d.body, embed(d.body)[0] AS v, rank() OVER (ORDER BY e.id) AS r FROM docs d CROSS JOIN docs e ORDER BY v LIMIT 3",
        // If unmatched rows of the broadcast side are kept, the other side is read twice.
        "20 | SELECT d.id, d.body, d.v FROM (SELECT id, body, embed(body)[0] AS v FROM docs) d FULL JOIN (SELECT /*+ BROADCAST(x) */ id FROM docs x) e ON d.id < e.id",
        "20 | SELECT /*+ BROADCAST(e) */ d.id, d.body, d.v FROM (SELECT id FROM docs) e LEFT JOIN (SELECT id, body, embed(body)[0] AS v FROM docs) d ON d.id < e.id",
        "20 | SELECT /*+ BROADCAST(d) */ d.id, d.body, d.v FROM (SELECT id, body, embed(body)[0] AS v FROM docs) d FULL JOIN docs e ON d.id < e.id",
      })
  void embedsEachTextOnceForEveryJoinOperator(long rows, String statement) {
    spark.conf().set("spark.sql.autoBroadcastJoinThreshold", "-1");
    embedsEachRowOnceWithTheRightVector(rows, statement);
    spark.conf().unset("spark.sql.autoBroadcastJoinThreshold");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT d.id FROM docs d CROSS JOIN docs e",
        "SELECT d.id FROM docs d FULL JOIN docs e ON d.id < e.id",
        "SELECT d.id, embed(d.body) FROM docs d JOIN docs e ON d.id = e.id",
        "SELECT d.id, embed(e.body) FROM docs d JOIN (SELECT /*+ BROADCAST(x) */ * FROM docs x) e ON d.id < e.id",
        "SELECT id, embed(body) FROM docs ORDER BY id"
      })
  void doesNotShuffleInputsReadOnce(String statement) {
    assertThat(spark.sql("EXPLAIN " + statement).head().getString(0)).doesNotContain("partition#");
  }

  private static long textsOfEngine() {
    RowCounts now = ApplicationProgress.of(spark).ended();
    return now.rows() - now.nulls();
  }

  /** Spark pushes conditions down, never up. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT body, max(10 / x) FROM t WHERE embed_tokens(body) > 4 GROUP BY body",
        "SELECT body, 10 / max(x) FROM t WHERE embed_tokens(body) > 4 GROUP BY body",
        "SELECT body FROM t WHERE embed_tokens(body) > 4 ORDER BY 10 / x",
        "SELECT body FROM t WHERE embed_tokens(body) > 4 DISTRIBUTE BY 10 / x",
        "SELECT d.body, q FROM t d JOIN (SELECT body, 10 / x AS q FROM t WHERE embed_tokens(body) > 4) e"
            + " ON d.body = e.body WHERE embed_tokens(d.body) > 4",
        "SELECT d.body FROM t d JOIN (SELECT body, x FROM t WHERE embed_tokens(body) > 4) e"
            + " ON d.body = e.body AND 10 / e.x > d.x WHERE embed_tokens(d.body) > 4",
      })
  void conditionsGuardLaterExpressionsAgainstErrors(String statement) {
    spark
        .sql("SELECT * FROM VALUES ('a', 0), ('a longer text here', 2) AS t(body, x)")
        .createOrReplaceTempView("t");

    assertThat(spark.sql(statement).collectAsList()).hasSize(1);
  }

  @Test
  void conditionsOverErrorProneTextsUseSeparateOperators() {
    spark.conf().set("spark.sql.ansi.enabled", "true");
    String plan =
        spark
            .sql(
                "EXPLAIN SELECT id FROM docs WHERE embed(body)[0] > -2"
                    + " AND embed(split(body, ' ')[3])[0] > -2 AND grp = 1")
            .head()
            .getString(0);
    spark.conf().unset("spark.sql.ansi.enabled");

    assertThat(plan).doesNotContain("one_by_one").containsPattern("(?s)EvalModel.*EvalModel.*grp");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT transform(array(body), t -> embed(t)) FROM docs",
        "SELECT embed(concat(body, uuid())) FROM docs",
        "SELECT embed(IF(id IN (SELECT grp FROM docs), body, 'x')) FROM docs"
      })
  void explainShowsRowByRowEvaluation(String statement) {
    assertThat(spark.sql("EXPLAIN " + statement).head().getString(0))
        .contains("embed_one_by_one")
        .doesNotContain("EvalModel");
  }

  @Test
  void explainShowsTextAndOptionsOfAnOperator() {
    assertThat(
            spark
                .sql("EXPLAIN SELECT embed(body, map('maxTokens', 16)) FROM docs")
                .head()
                .getString(0))
        .containsOnlyOnce("EvalModel")
        .contains("{maxTokens=16}");
  }

  @Test
  void explainOfThreeJoinsIsShortAndShowsOneOperatorPerDistinctCall() {
    String plan =
        spark
            .sql(
                "EXPLAIN FORMATTED SELECT a.id, embed(a.body)[0], embed(b.body)[0] FROM docs a"
                    + " JOIN docs b ON a.id = b.id JOIN docs c ON b.id = c.id"
                    + " JOIN docs d ON c.id = d.id"
                    + " WHERE embed(a.body)[0] > 0 AND embed(b.body)[1] > embed(a.body)[1]")
            .head()
            .getString(0);
    // The tree precedes the numbered details of each operator.
    String tree = plan.substring(0, plan.indexOf("\n\n\n"));
    assertThat(tree.lines().filter(line -> line.contains("EvalModel"))).hasSize(2);
    // Scans and filters of four tables, three joins, and Spark's nodes in between.
    assertThat(tree.lines().count()).as(tree).isLessThanOrEqualTo(30);
    List<String> operators =
        Arrays.stream(plan.split("\n\n"))
            .filter(text -> text.strip().matches("(?s)\\(\\d+\\) EvalModel.*"))
            .toList();
    assertThat(operators)
        .hasSize(2)
        .allSatisfy(text -> assertThat(text.lines().count()).as(text).isLessThanOrEqualTo(4))
        .allSatisfy(text -> assertThat(text.lines()).allMatch(line -> line.length() <= 100))
        .allSatisfy(text -> assertThat(text).contains("body#").contains("embed#"));
    assertThat(plan).doesNotContain("embed_one_by_one");
  }

  @Test
  void writeAboveAFilterHasNoExtraColumn() {
    spark
        .sql("SELECT * FROM docs WHERE embed(body)[0] > -2")
        .write()
        .mode("overwrite")
        .parquet(path("filtered"));
    assertThat(spark.read().parquet(path("filtered")).columns())
        .containsExactly("id", "grp", "body", "unused");
  }

  @Test
  void embedsCollatedText() {
    assumeThat(spark.version()).as("collations came with Spark 4").isGreaterThan("4");
    Row row =
        spark
            .sql(
                "SELECT cosine_similarity(embed(body COLLATE UTF8_LCASE), embed(body)) FROM docs"
                    + " WHERE embed(body COLLATE UTF8_LCASE)[0] > -2 LIMIT 1")
            .head();
    assertThat(row.getFloat(0)).isGreaterThan(0.9999f);
    // The two strings are equal under the collation, but different texts.
    long before = textsOfEngine();
    spark
        .sql(
            "SELECT DISTINCT b, embed(b) FROM (SELECT body COLLATE UTF8_LCASE AS b FROM docs"
                + " UNION ALL SELECT upper(body) COLLATE UTF8_LCASE FROM docs)")
        .collectAsList();
    assertThat(textsOfEngine() - before).isEqualTo(40);
  }

  /** The operator reads ahead beyond the end of a file. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT body, input_file_name() AS f, embed(body) AS e FROM two_files",
        "SELECT body, input_file_name() AS f FROM two_files WHERE embed_tokens(body) > 0",
        "SELECT body, input_file_name() AS f FROM (SELECT *, embed(body) AS e FROM two_files)"
            + " WHERE e[0] > -2",
        "SELECT body, f, embed(concat(f, body)) AS e FROM"
            + " (SELECT body, input_file_name() AS f FROM two_files)"
      })
  void inputFileNameIsTheFileOfTheRow(String statement) {
    for (String name : List.of("one", "two")) {
      spark
          .sql("SELECT concat('" + name + " ', id) AS body FROM range(0, 5, 1, 1)")
          .write()
          .mode("overwrite")
          .parquet(path("two_files/name=" + name));
    }
    spark.read().parquet(path("two_files")).coalesce(1).createOrReplaceTempView("two_files");

    List<Row> rows = spark.sql(statement).collectAsList();

    assertThat(rows).hasSize(10);
    for (Row row : rows) {
      String name = row.<String>getAs("body").split(" ")[0];
      assertThat(row.<String>getAs("f")).contains("name=" + name);
    }
  }

  @Test
  void prunesUnusedColumnsFromTheScan() {
    assertThat(spark.sql("EXPLAIN SELECT embed(body) FROM docs").head().getString(0))
        .contains("ReadSchema: struct<body:string>");
    assertThat(
            spark.sql("EXPLAIN SELECT id FROM docs WHERE embed(body)[0] > 0").head().getString(0))
        .contains("ReadSchema: struct<id:bigint,body:string>");
  }

  @Test
  void columnApiEqualsSql() {
    Row row =
        spark
            .table("docs")
            .limit(1)
            .select(
                Embark.embed(functions.col("body")).equalTo(functions.expr("embed(body)")),
                Embark.embedTokens(functions.col("body"), Map.of("maxTokens", "3")),
                Embark.embedTokens(functions.col("body"))
                    .equalTo(Embark.embedDetail(functions.col("body")).getField("tokens")),
                Embark.cosineSimilarity(
                    Embark.embed(functions.col("body")), Embark.embed(functions.col("body"))))
            .head();
    assertThat(row.getBoolean(0)).isTrue();
    assertThat(row.getInt(1)).isEqualTo(3);
    assertThat(row.getBoolean(2)).isTrue();
    assertThat(row.getFloat(3)).isCloseTo(1, within(1e-6f));
  }

  private static void check(Row row, List<String> columns, String text, String value) {
    if (columns.contains(value)) {
      String embedded = row.getAs(text);
      if (embedded == null) {
        assertThat(row.<Float>getAs(value)).isNull();
      } else {
        assertThat(row.<Float>getAs(value)).isCloseTo(oracle.get(embedded), within(1e-5f));
      }
    }
  }
}
