package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.rows.RowCounts;
import dev.embark.spark.metrics.ApplicationProgress;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Row-level DML statements that contain calls. */
@EnabledIf("dev.embark.job.LocalSpark#hasTables")
class TableStatementsTest {
  private static final String DELTA = "default.statements";
  private static final String ICEBERG = "lake.db.statements";

  private final SparkSession spark = LocalSpark.session();

  private void make(String table) {
    spark.sql(
        "CREATE OR REPLACE TABLE %s USING %s AS SELECT id, concat('text ', id) AS t, CAST(NULL AS ARRAY<FLOAT>) AS e FROM range(6)"
            .formatted(table, table.equals(DELTA) ? "delta" : "iceberg"));
  }

  @AfterEach
  void drop() {
    spark.sql("DROP TABLE IF EXISTS " + DELTA);
    spark.sql("DROP TABLE IF EXISTS " + ICEBERG);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "default.statements; UPDATE %s SET e = embed(t)",
        "default.statements; MERGE INTO %1$s d USING (SELECT id, t FROM %1$s) s ON d.id = s.id WHEN MATCHED THEN UPDATE SET e = embed(s.t)",
        "default.statements; MERGE INTO %1$s d USING (SELECT id, embed(t) AS e FROM %1$s) s ON d.id = s.id WHEN MATCHED THEN UPDATE SET e = s.e",
        "lake.db.statements; UPDATE %s SET e = embed(t)",
        "lake.db.statements; MERGE INTO %1$s d USING (SELECT id, t FROM %1$s) s ON d.id = s.id WHEN MATCHED THEN UPDATE SET e = embed(s.t)",
      })
  void rowsGetTheirVectors(String table, String statement) {
    make(table);

    spark.sql(statement.formatted(table));

    Row row = spark.sql("SELECT count(*), count_if(e = embed(t)) FROM " + table).head();
    assertThat(row.getLong(0)).isEqualTo(6);
    assertThat(row.getLong(1)).isEqualTo(6);
  }

  /** Rows matched by an earlier clause are not computed either. */
  @ParameterizedTest
  @ValueSource(strings = {DELTA, ICEBERG})
  void mergeEmbedsTheRowsThatAClauseTakes(String table) {
    make(table);
    long before = ApplicationProgress.of(spark).ended().rows();
    long nullsBefore = ApplicationProgress.of(spark).ended().nulls();

    spark.sql(
        ("MERGE INTO %s d USING (SELECT id, concat('text ', id DIV 2 * 2) AS t FROM range(9)) s"
                + " ON d.id = s.id WHEN MATCHED AND d.id > 3 THEN DELETE"
                + " WHEN MATCHED AND d.t <> s.t THEN UPDATE SET t = s.t, e = embed(s.t)"
                + " WHEN NOT MATCHED AND s.id > 7 THEN INSERT (id, t, e) VALUES (s.id, s.t, embed(s.t))")
            .formatted(table));

    RowCounts after = ApplicationProgress.of(spark).ended();
    assertThat(after.rows() - before - (after.nulls() - nullsBefore)).isEqualTo(2 + 1);
    Row row =
        spark
            .sql(
                "SELECT count(*), count_if(cosine_similarity(e, embed(t)) > 0.999), count(e) FROM "
                    + table)
            .head();
    assertThat(row.getLong(0)).isEqualTo(4 + 1);
    assertThat(row.getLong(1)).isEqualTo(2 + 1);
    assertThat(row.getLong(2)).isEqualTo(2 + 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {DELTA, ICEBERG})
  void rowsAreDeletedByTheirTokens(String table) {
    make(table);
    spark.sql("UPDATE %s SET t = 'a text of several words' WHERE id < 2".formatted(table));

    spark.sql("DELETE FROM %s WHERE embed_tokens(t) > 5".formatted(table));

    assertThat(spark.table(table).count()).isEqualTo(4);
  }
}
