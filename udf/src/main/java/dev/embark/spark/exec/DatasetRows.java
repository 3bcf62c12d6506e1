package dev.embark.spark.exec;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.VectorType;
import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.metrics.OperatorMetrics;
import dev.embark.spark.models.WebModelPolicy;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;

/**
 * Embeds a column of a dataset through Spark's public {@link Row} API, for sessions whose planner
 * cannot be extended.
 *
 * @param text index of the text column
 * @param output element type of the vectors
 */
public record DatasetRows(int text, VectorType output)
    implements RowPartition.Rows<Row>, Serializable {

  /**
   * Adds a column with the embeddings of {@code textColumn}.
   *
   * @throws EmbarkException of kind OPTION if {@code textColumn} is not a string column or {@code
   *     outputColumn} already exists
   */
  public static Dataset<Row> embed(
      Dataset<Row> docs, String textColumn, String outputColumn, EmbedOptions options) {
    StructType schema = docs.schema();
    List<String> names = Arrays.asList(schema.fieldNames());
    int index = names.indexOf(textColumn);
    if (index < 0 || !(schema.fields()[index].dataType() instanceof StringType)) {
      throw new EmbarkException(
          Condition.NO_TEXT_COLUMN, Map.of("column", textColumn, "schema", schema.toDDL()));
    }
    if (names.contains(outputColumn)) {
      throw new EmbarkException(Condition.COLUMN_EXISTS, Map.of("column", outputColumn));
    }
    WebModelPolicy.check(options);
    SqlFunction function = SqlFunction.EMBEDDING;
    SparkContext context = docs.sparkSession().sparkContext();
    TaskSettings settings =
        TaskSettings.of(context, options, List.of(function), OperatorMetrics.of(context, options));
    DatasetRows rows = new DatasetRows(index, options.output());
    MapPartitionsFunction<Row, Row> embed =
        partition -> new RowPartition<>(rows, partition, settings.open());
    return docs.mapPartitions(
        embed, Encoders.row(schema.add(outputColumn, function.dataType(options), true)));
  }

  @Override
  public byte[] text(Row row) {
    return row.isNullAt(text) ? null : row.getString(text).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public Row keep(Row row) {
    return row; // Spark does not reuse rows of the public API
  }

  @Override
  public long bytes(Row kept) {
    long bytes = 0;
    for (int i = 0; i < kept.size(); i++) {
      if (kept.get(i) instanceof String string) {
        bytes += string.length();
      } else if (kept.get(i) instanceof byte[] binary) {
        bytes += binary.length;
      }
    }
    return bytes;
  }

  @Override
  public Row with(Row kept, Object[] values) {
    Object[] all = new Object[kept.size() + values.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = i < kept.size() ? kept.get(i) : external(values[i - kept.size()]);
    }
    return RowFactory.create(all);
  }

  /** Converts an internal value to the type that Spark's public API returns. */
  private Object external(Object value) {
    if (value == null) {
      return null;
    }
    return switch (output) {
      case FLOAT -> ((ArrayData) value).toFloatArray();
      case INT8 -> ((ArrayData) value).toByteArray();
      case BINARY -> value;
    };
  }
}
