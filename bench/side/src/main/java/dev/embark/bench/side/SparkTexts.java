package dev.embark.bench.side;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Texts as Parquet files with the columns {@code id} and {@code text}, for sides in Spark. */
public final class SparkTexts {
  private static final StructType SCHEMA =
      new StructType().add("id", DataTypes.IntegerType).add("text", DataTypes.StringType);

  private SparkTexts() {}

  /** Starts a local Spark of so many cores. */
  public static SparkSession start(int cores, Path folder) {
    return SparkSession.builder()
        .master("local[" + cores + "]")
        .appName("embark bench")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.warehouse.dir", folder.resolve("warehouse").toString())
        .getOrCreate();
  }

  /** Writes the texts into as many files of equal rows as there shall be tasks; returns where. */
  public static Path write(
      SparkSession spark, Path folder, String name, List<String> texts, int tasks) {
    List<Row> rows = new ArrayList<>();
    for (int id = 0; id < texts.size(); id++) {
      rows.add(RowFactory.create(id, texts.get(id)));
    }
    Path place = folder.resolve(name);
    spark
        .createDataFrame(rows, SCHEMA)
        .repartition(tasks)
        .write()
        .mode(SaveMode.Overwrite)
        .parquet(place.toString());
    return place;
  }

  /** Takes the vectors out of a result with the columns {@code id} and {@code embedding}. */
  public static float[][] vectors(Dataset<Row> result) {
    // Spark's own sort of the rows would compute them twice.
    List<Row> rows = result.select("id", "embedding").collectAsList();
    float[][] vectors = new float[rows.size()][];
    for (Row row : rows) {
      List<Float> values = row.getList(1);
      float[] vector = new float[values.size()];
      for (int d = 0; d < vector.length; d++) {
        vector[d] = values.get(d);
      }
      vectors[row.getInt(0)] = vector;
    }
    return vectors;
  }

  /** Computes a result and throws it away. */
  public static void consume(Dataset<Row> result) {
    result.write().format("noop").mode(SaveMode.Overwrite).save();
  }
}
