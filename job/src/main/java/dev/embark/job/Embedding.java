package dev.embark.job;

import static org.apache.spark.sql.functions.col;

import dev.embark.spark.Embark;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Calls embed() of Spark SQL: the job's only way to a vector. */
final class Embedding {
  private Embedding() {}

  /** Returns the rows with a column of embeddings added, lazily. */
  static Dataset<Row> add(
      Dataset<Row> rows, String textColumn, String column, Map<String, String> options) {
    return rows.withColumn(column, Embark.embed(quoted(textColumn), options));
  }

  /** Returns a top-level column, whatever characters its name has. */
  static Column quoted(String name) {
    return col("`" + name.replace("`", "``") + "`");
  }
}
