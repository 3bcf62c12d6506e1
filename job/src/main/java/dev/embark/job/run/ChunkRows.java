package dev.embark.job.run;

import dev.embark.job.cli.ChunkColumns;
import dev.embark.job.state.Columns;
import dev.embark.job.state.FunctionCall;
import dev.embark.spark.Embark;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/**
 * Turns the results of texts into rows of the output: one per text, or one per chunk. Stateless.
 */
final class ChunkRows {
  private ChunkRows() {}

  /** Returns the columns that the result of a text becomes in each of its rows. */
  static List<Column> columns(FunctionCall call, Column text, String resultColumn) {
    return call.ofChunks()
        ? columns(Embark.embedChunks(text, call.given()).getItem(0), resultColumn)
        : List.of(call.result(text).as(resultColumn));
  }

  /**
   * Returns a row for each chunk. A text without chunks keeps a row, as a failed text of any other
   * job does.
   *
   * @param detail the column of {@link FunctionCall#detail}
   */
  static Dataset<Row> exploded(
      FunctionCall call, Dataset<Row> rows, String detail, String resultColumn) {
    String one = detail + "_chunk";
    List<Column> columns = new ArrayList<>();
    for (String column : rows.columns()) {
      columns.add(Columns.quoted(column));
    }
    columns.addAll(columns(Columns.quoted(one), resultColumn));
    return rows.withColumn(one, functions.explode_outer(call.result(detail)))
        .select(columns.toArray(Column[]::new));
  }

  private static List<Column> columns(Column chunk, String resultColumn) {
    return List.of(
        chunk.getField("position").as(ChunkColumns.POSITION),
        chunk.getField("begin").as(ChunkColumns.BEGIN),
        chunk.getField("end").as(ChunkColumns.END),
        chunk.getField("text").as(ChunkColumns.TEXT),
        chunk.getField("embedding").as(resultColumn));
  }
}
