package dev.embark.spark.vectors;

import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.compat.Scala;
import dev.embark.spark.vectors.VectorBlock.Order;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Exact search for the k nearest documents of each query.
 *
 * <pre>
 *  queries ────► blocks ── broadcast ──┐
 *                                      ├─► NearestInPartition ──► rank over all partitions
 *  documents ──► blocks ───────────────┘   k per query
 * </pre>
 */
public final class NearestDocuments {
  private static final String QUERY = "query";
  private static final String DOCUMENT = "document";
  private static final String RANK = "rank";
  private static final String SCORE = "score";
  private static final String KEY = "key";

  private NearestDocuments() {}

  /**
   * Returns {@code query STRUCT, document STRUCT, rank INT, score FLOAT}: up to k rows for each
   * query. The structs have all columns but the vectors.
   *
   * @throws EmbarkException of kind OPTION for a wrong column, k or metric
   */
  public static Dataset<Row> of(
      Dataset<Row> queries,
      String queryVector,
      Dataset<Row> documents,
      String documentVector,
      int k,
      String metric) {
    if (k < 1) {
      throw new EmbarkException(
          Condition.INVALID_OPTION,
          Map.of(
              "function",
              "nearest",
              "option",
              "k",
              "value",
              Integer.toString(k),
              "takes",
              "1 or more"));
    }
    Metric measure = Metric.named(metric);
    Dataset<Row> keyed =
        queries.select(
            vector(queries, queryVector),
            functions.struct(
                functions.monotonically_increasing_id().as(KEY),
                others(queries, queryVector).as(QUERY)));
    Dataset<Row> others =
        documents.select(
            vector(documents, documentVector), others(documents, documentVector).as(DOCUMENT));
    Dataset<Row> pairs =
        blocks(others, measure, Order.BY_DIMENSION)
            .crossJoin(functions.broadcast(blocks(keyed, measure, Order.BY_ROW)));
    StructType found =
        new StructType(
            new StructField[] {
              DataTypes.createStructField(KEY, DataTypes.LongType, false),
              DataTypes.createStructField(QUERY, type(keyed, 1, 1), false),
              DataTypes.createStructField(DOCUMENT, others.schema().fields()[1].dataType(), false),
              DataTypes.createStructField(SCORE, DataTypes.FloatType, false)
            });
    MapPartitionsFunction<Row, Row> search =
        partition -> new NearestInPartition(k, measure).search(partition);
    Column score = functions.col(SCORE);
    return pairs
        .mapPartitions(search, Encoders.row(found))
        .withColumn(
            RANK,
            functions
                .row_number()
                .over(
                    Window.partitionBy(KEY)
                        .orderBy(measure == Metric.L2 ? score.asc() : score.desc())))
        .where(functions.col(RANK).leq(k))
        .select(QUERY, DOCUMENT, RANK, SCORE);
  }

  private static DataType type(Dataset<Row> rows, int column, int field) {
    return ((StructType) rows.schema().fields()[column].dataType()).fields()[field].dataType();
  }

  private static Column vector(Dataset<Row> rows, String column) {
    boolean isVector =
        Arrays.stream(rows.schema().fields())
            .anyMatch(
                field ->
                    field.name().equals(column)
                        && field.dataType() instanceof ArrayType array
                        && array.elementType() instanceof NumericType);
    if (!isVector) {
      throw new EmbarkException(
          Condition.NO_VECTOR_COLUMN, Map.of("column", column, "schema", rows.schema().toDDL()));
    }
    Column floats = rows.col(quoted(column)).cast(DataTypes.createArrayType(DataTypes.FloatType));
    return functions.call_function(
        VectorFunction.VECTOR_TO_BINARY.sqlName(), Scala.<Column>seq(List.of(floats)));
  }

  /** Returns the other columns, or the vector if there are none: Spark 3.5 has no empty structs. */
  private static Column others(Dataset<Row> rows, String vector) {
    List<Column> columns = new ArrayList<>();
    for (String name : rows.columns()) {
      if (!name.equals(vector) || rows.columns().length == 1) {
        columns.add(rows.col(quoted(name)));
      }
    }
    return functions.struct(columns.toArray(new Column[0]));
  }

  private static String quoted(String column) {
    return "`" + column.replace("`", "``") + "`";
  }

  private static Dataset<Row> blocks(Dataset<Row> rows, Metric metric, Order order) {
    StructType block =
        new StructType(
            new StructField[] {
              DataTypes.createStructField("length", DataTypes.IntegerType, false),
              DataTypes.createStructField("vectors", DataTypes.BinaryType, false),
              DataTypes.createStructField(
                  "rows",
                  DataTypes.createArrayType(rows.schema().fields()[1].dataType(), false),
                  false)
            });
    MapPartitionsFunction<Row, Row> collect =
        partition -> new Blocks(partition, new VectorBlock.Builder(metric, order));
    return rows.mapPartitions(collect, Encoders.row(block));
  }

  /** The blocks of a partition, each made when it is asked for. */
  private static final class Blocks implements Iterator<Row> {
    private final Iterator<Row> rows;
    private final VectorBlock.Builder builder;
    private VectorBlock next;

    Blocks(Iterator<Row> rows, VectorBlock.Builder builder) {
      this.rows = rows;
      this.builder = builder;
    }

    @Override
    public boolean hasNext() {
      while (next == null && rows.hasNext()) {
        Row row = rows.next();
        next = builder.add(row.getAs(0), row.getStruct(1));
      }
      if (next == null) {
        next = builder.end();
      }
      return next != null;
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      Row block = next.toRow();
      next = null;
      return block;
    }
  }
}
