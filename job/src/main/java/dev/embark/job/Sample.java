package dev.embark.job;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Takes some rows out of many: at random from partitions that are spread evenly over all of them,
 * so that a large input is not read as a whole. The same rows each time, as long as the input
 * stays.
 */
final class Sample {
  private static final int MOST_PARTITIONS = 32;
  private static final long SEED = 20260101;
  private static final double SPARE = 1.3; // so that chance rarely gives too few

  private Sample() {}

  /**
   * Returns rows in random order.
   *
   * @param all how many rows there are
   * @param wanted how many to return; all of them if there are fewer
   */
  static List<Row> of(Dataset<Row> rows, long all, int wanted) {
    JavaRDD<Row> rdd = rows.toJavaRDD();
    int partitions = rdd.getNumPartitions();
    int read = Math.min(partitions, MOST_PARTITIONS);
    int[] spread =
        IntStream.range(0, read).map(i -> (int) ((long) i * partitions / read)).toArray();
    double expected = (double) all * read / partitions;
    List<Row> sample = take(rdd, spread, SPARE * wanted / Math.max(1, expected));
    if (sample.size() < Math.min(wanted, all) && read < partitions) {
      // Those partitions have fewer rows than others.
      sample = take(rdd, IntStream.range(0, partitions).toArray(), SPARE * wanted / all);
    }
    Collections.shuffle(sample, new Random(SEED));
    return new ArrayList<>(sample.subList(0, Math.min(wanted, sample.size())));
  }

  private static List<Row> take(JavaRDD<Row> rows, int[] partitions, double fraction) {
    JavaRDD<Row> some = fraction < 1 ? rows.sample(false, fraction, SEED) : rows;
    List<Row> taken = new ArrayList<>();
    Arrays.stream(some.collectPartitions(partitions)).forEach(taken::addAll);
    return taken;
  }
}
