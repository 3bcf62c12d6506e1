package dev.embark.bench.ours;

import dev.embark.bench.side.Side;
import dev.embark.bench.side.SparkTexts;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * {@code embed()} in a local Spark, from Parquet. Arguments: a folder for its files, the cores, and
 * what is done with the vectors: {@code rows} discards them one by one, {@code sum} adds up their
 * first components, so that nothing but the columns has to be computed.
 */
public final class SparkSide implements Side {
  private final Path folder;
  private final int cores;
  private final boolean sum;
  private final SparkSession spark;

  /** Starts Spark. */
  public SparkSide(List<String> arguments) {
    folder = Path.of(arguments.get(0));
    cores = Integer.parseInt(arguments.get(1));
    sum = arguments.get(2).equals("sum");
    spark = SparkTexts.start(cores, folder);
  }

  @Override
  public Work prepare(String name, List<String> texts, int batch) {
    Path input = SparkTexts.write(spark, folder, name, texts, cores);
    return new Work() {
      @Override
      public long run() {
        if (sum) {
          read().selectExpr("sum(embed(text)[0])").collect();
        } else {
          SparkTexts.consume(embedded());
        }
        return TOKENS_UNKNOWN;
      }

      @Override
      public float[][] vectors() {
        return SparkTexts.vectors(embedded());
      }

      private Dataset<Row> embedded() {
        return read().selectExpr("id", "embed(text) AS embedding");
      }

      private Dataset<Row> read() {
        return spark.read().parquet(input.toString());
      }
    };
  }

  @Override
  public void close() {
    spark.stop();
  }
}
