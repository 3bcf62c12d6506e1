package dev.embark.job;

import static org.apache.spark.sql.functions.call_function;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map;

import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Calls embed() of Spark SQL: the job's only way to a vector. */
final class Embedding {
  private Embedding() {}

  /** Returns the rows with the column {@link JobSpec#EMBEDDING_COLUMN} added, lazily. */
  static Dataset<Row> add(Dataset<Row> rows, String textColumn, Map<String, String> options) {
    return rows.withColumn(JobSpec.EMBEDDING_COLUMN, of(quoted(textColumn), options));
  }

  private static Column of(Column text, Map<String, String> options) {
    if (options.isEmpty()) {
      return call_function("embed", text);
    }
    Column[] entries =
        options.entrySet().stream()
            .flatMap(entry -> Stream.of(entry.getKey(), entry.getValue()))
            .map(Embedding::literal)
            .toArray(Column[]::new);
    return call_function("embed", text, map(entries));
  }

  private static Column literal(String word) {
    return lit(word);
  }

  /** Returns a top-level column, whatever characters its name has. */
  static Column quoted(String name) {
    return col("`" + name.replace("`", "``") + "`");
  }
}
