package dev.embark.bench.rival;

import dev.embark.bench.side.Side;
import dev.embark.bench.side.SparkTexts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * langchain4j's in-process model inside {@code mapPartitions} of a local Spark. Arguments: a folder
 * for its files, and the cores.
 */
public final class LangChain4jSide implements Side {
  private static final StructType SCHEMA =
      new StructType()
          .add("id", DataTypes.IntegerType)
          .add("embedding", DataTypes.createArrayType(DataTypes.FloatType));

  private final Path folder;
  private final int cores;
  private final SparkSession spark;

  /** Starts Spark. */
  public LangChain4jSide(List<String> arguments) {
    folder = Path.of(arguments.get(0));
    cores = Integer.parseInt(arguments.get(1));
    spark = SparkTexts.start(cores, folder);
  }

  @Override
  public Work prepare(String name, List<String> texts, int batch) {
    Path input = SparkTexts.write(spark, folder, name, texts, cores);
    return new Work() {
      @Override
      public long run() {
        SparkTexts.consume(embedded());
        return TOKENS_UNKNOWN;
      }

      @Override
      public float[][] vectors() {
        return SparkTexts.vectors(embedded());
      }

      private Dataset<Row> embedded() {
        MapPartitionsFunction<Row, Row> each = LangChain4jSide::embed;
        return spark.read().parquet(input.toString()).mapPartitions(each, Encoders.row(SCHEMA));
      }
    };
  }

  private static Iterator<Row> embed(Iterator<Row> rows) {
    InProcessModel model = InProcessModel.shared();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return rows.hasNext();
      }

      @Override
      public Row next() {
        Row row = rows.next();
        List<Float> vector =
            new ArrayList<>(model.embed(row.<String>getAs("text")).content().vectorAsList());
        return RowFactory.create(row.<Integer>getAs("id"), vector);
      }
    };
  }

  @Override
  public void close() {
    spark.stop();
  }
}
