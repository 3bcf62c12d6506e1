package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Statements that write to a table row by row, with calls in them. */
@EnabledIf("dev.embark.job.LocalSpark#hasTables")
class TableStatementsTest {
  private final SparkSession spark = LocalSpark.session();

  @BeforeEach
  void makeTables() {
    drop();
    spark.sql(
        "CREATE TABLE default.statements USING delta AS SELECT id, concat('text ', id) AS t,"
            + " CAST(NULL AS ARRAY<FLOAT>) AS e FROM range(6)");
  }

  @AfterEach
  void drop() {
    spark.sql("DROP TABLE IF EXISTS default.statements");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE default.statements SET e = embed(t)",
        "MERGE INTO default.statements d USING (SELECT id, t FROM default.statements) s"
            + " ON d.id = s.id WHEN MATCHED THEN UPDATE SET e = embed(s.t)",
        "MERGE INTO default.statements d USING (SELECT id, t, embed(t) AS e FROM"
            + " default.statements) s ON d.id = s.id WHEN MATCHED THEN UPDATE SET e = s.e"
      })
  void rowsGetTheirVectors(String statement) {
    spark.sql(statement);

    Row row = spark.sql("SELECT count(*), count_if(e = embed(t)) FROM default.statements").head();
    assertThat(row.getLong(0)).isEqualTo(6);
    assertThat(row.getLong(1)).isEqualTo(6);
  }

  @Test
  void rowsAreDeletedByTheirTokens() {
    spark.sql("UPDATE default.statements SET t = 'a text of several words' WHERE id < 2");

    spark.sql("DELETE FROM default.statements WHERE embed_tokens(t) > 5");

    assertThat(spark.table("default.statements").count()).isEqualTo(4);
  }
}
