package dev.embark.bench.ours;

import dev.embark.bench.side.SparkTexts;
import dev.embark.spark.Embark;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Compares {@link Embark#nearest} with the same search in SQL, a cross join with {@code max_by}, in
 * one local Spark. The searches take turns; the times are the least of all rounds.
 *
 * <p>Arguments: a folder for the files, cores, queries, documents, dimensions, k, rounds.
 */
public final class NearestSearch {
  private NearestSearch() {}

  /** Prints one line of Markdown for each search. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    int[] numbers = new int[6];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Integer.parseInt(arguments[i + 1]);
    }
    int k = numbers[4];
    try (SparkSession spark = SparkTexts.start(numbers[0], folder)) {
      Dataset<Row> queries = vectors(spark, folder, "queries", numbers[1], numbers[3]);
      Dataset<Row> documents = vectors(spark, folder, "documents", numbers[2], numbers[3]);
      queries.createOrReplaceTempView("queries");
      documents.createOrReplaceTempView("documents");
      String join = " FROM queries q CROSS JOIN documents d GROUP BY q.id";
      List<String> names =
          List.of(
              "Embark.nearest", "max_by of cosine_similarity", "max_by of vector_inner_product");
      long[] least = {Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE};
      for (int round = 0; round < numbers[5]; round++) {
        for (int i = 0; i < names.size(); i++) {
          long start = System.nanoTime();
          List<String> found = new ArrayList<>();
          if (i == 0) {
            Embark.nearest(queries, documents, k, "cosine")
                .where("rank = 1")
                .selectExpr("query.id", "document.id")
                .orderBy("query.id")
                .collectAsList()
                .forEach(row -> found.add(row.toString()));
          } else {
            String score =
                (i == 1 ? "cosine_similarity" : "vector_inner_product")
                    + "(q.embedding, d.embedding)";
            // Spark's max_by takes k since 4.2; k = 1 is less work for the join.
            spark
                .sql("SELECT q.id, max_by(d.id, " + score + ")" + join + " ORDER BY q.id")
                .collectAsList()
                .forEach(row -> found.add(row.toString()));
          }
          least[i] = Math.min(least[i], System.nanoTime() - start);
          if (found.size() != numbers[1]) {
            throw new IllegalStateException(names.get(i) + " found " + found.size());
          }
          System.err.printf("round %d, %s: %s%n", round, names.get(i), found.hashCode());
        }
      }
      System.out.println("| search | seconds | × Embark.nearest |");
      System.out.println("|---|---|---|");
      for (int i = 0; i < names.size(); i++) {
        System.out.printf(
            "| %s | %.1f | %.1f |%n", names.get(i), least[i] / 1e9, (double) least[i] / least[0]);
      }
    }
  }

  /** Random vectors of length 1, in Parquet. */
  private static Dataset<Row> vectors(
      SparkSession spark, Path folder, String name, int rows, int dimensions) {
    String file = folder.resolve(name).toString();
    spark
        .range(rows)
        .selectExpr(
            "id",
            "vector_normalize(transform(sequence(1, %d), i -> CAST(xxhash64(id, i, '%s') / 9.3e18 AS FLOAT))) AS embedding"
                .formatted(dimensions, name))
        .write()
        .parquet(file);
    return spark.read().parquet(file);
  }
}
