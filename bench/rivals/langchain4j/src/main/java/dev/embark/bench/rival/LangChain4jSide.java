package dev.embark.bench.rival;

import dev.embark.bench.side.Side;
import dev.embark.bench.side.SparkTexts;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * langchain4j's in-process model inside {@code mapPartitions} of a local Spark. Arguments: a folder
 * for its files, and the cores.
 */
public final class LangChain4jSide implements Side {
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
        MapPartitionsFunction<Row, Embedded> each = LangChain4jSide::embed;
        return spark
            .read()
            .parquet(input.toString())
            .mapPartitions(each, Encoders.bean(Embedded.class))
            .toDF();
      }
    };
  }

  private static Iterator<Embedded> embed(Iterator<Row> rows) {
    InProcessModel model = InProcessModel.shared();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return rows.hasNext();
      }

      @Override
      public Embedded next() {
        Row row = rows.next();
        Embedded embedded = new Embedded();
        embedded.setId(row.<Integer>getAs("id"));
        embedded.setEmbedding(model.embed(row.<String>getAs("text")).content().vector());
        return embedded;
      }
    };
  }

  @Override
  public void close() {
    spark.stop();
  }

  /** A row of the result, as Spark's bean encoder wants it. */
  public static final class Embedded {
    private int id;
    private float[] embedding;

    public int getId() {
      return id;
    }

    public void setId(int id) {
      this.id = id;
    }

    public float[] getEmbedding() {
      return embedding;
    }

    public void setEmbedding(float[] embedding) {
      this.embedding = embedding;
    }
  }
}
