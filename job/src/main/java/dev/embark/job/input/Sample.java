package dev.embark.job.input;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.PartitionPruningRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import scala.Function1;

/**
 * Random sample of rows, taken from partitions spread evenly over the input so that a large input
 * is not read completely. Repeatable as long as the input does not change.
 *
 * <p>The rows are stored on the executors' disks, because a thousand long texts may exceed the
 * driver's memory. The caller must close the sample.
 */
public final class Sample implements AutoCloseable {
  /** Column added by {@link #rows}: the position of a row in a random order, from 0. */
  public static final String ORDER = "_embark_order";

  private static final int MOST_PARTITIONS = 32;
  private static final long SEED = 20260101;
  private static final double SPARE = 1.3; // oversampling factor that makes too small a sample rare

  private final StructType schema;
  private final Dataset<Row> kept;
  private final int[]
      orders; // by index of the stored row; spare rows have an order of at least size
  private final int size;

  private Sample(StructType schema, Dataset<Row> kept, int count, int wanted) {
    this.schema = schema;
    this.kept = kept;
    this.size = Math.min(wanted, count);
    List<Integer> shuffled = new ArrayList<>(IntStream.range(0, count).boxed().toList());
    Collections.shuffle(shuffled, new Random(SEED));
    this.orders = shuffled.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * Draws a sample.
   *
   * @param all number of rows in the input
   * @param wanted sample size; all rows are taken if there are fewer
   */
  public static Sample of(Dataset<Row> rows, long all, int wanted) {
    JavaRDD<Row> rdd = rows.toJavaRDD();
    int partitions = rdd.getNumPartitions();
    int read = Math.min(partitions, MOST_PARTITIONS);
    int[] spread =
        IntStream.range(0, read).map(i -> (int) ((long) i * partitions / read)).toArray();
    double expected = (double) all * read / Math.max(1, partitions);
    Dataset<Row> some = some(rows, only(rdd, spread), SPARE * wanted / Math.max(1, expected));
    long count = some.count();
    if (count < Math.min(wanted, all) && read < partitions) {
      // The chosen partitions have fewer rows than the others.
      some.unpersist(true);
      some = some(rows, rdd, SPARE * wanted / all);
      count = some.count();
    }
    return new Sample(rows.schema(), some, (int) count, wanted);
  }

  private static JavaRDD<Row> only(JavaRDD<Row> rows, int[] partitions) {
    return JavaRDD.fromRDD(
        PartitionPruningRDD.create(
            rows.rdd(),
            (Function1<Object, Object> & Serializable)
                number -> Arrays.binarySearch(partitions, (Integer) number) >= 0),
        rows.classTag());
  }

  /** Kept as a data set, whose rows need no serializer of the application's choice. */
  private static Dataset<Row> some(Dataset<Row> all, JavaRDD<Row> rows, double fraction) {
    JavaRDD<Row> some = fraction < 1 ? rows.sample(false, fraction, SEED) : rows;
    return all.sparkSession().createDataFrame(some, all.schema()).persist(StorageLevel.DISK_ONLY());
  }

  /** Returns the number of sampled rows. */
  public int size() {
    return size;
  }

  /** Returns the columns of the rows, without {@link #ORDER}. */
  public StructType schema() {
    return schema;
  }

  /** Returns the rows with {@link #ORDER} as their last column. */
  public JavaRDD<Row> rows() {
    return ordered(kept.toJavaRDD(), orders, size);
  }

  /** Returns {@link #rows} as a data set. */
  public Dataset<Row> dataset(SparkSession spark) {
    return spark.createDataFrame(rows(), schema.add(ORDER, "int"));
  }

  private static JavaRDD<Row> ordered(JavaRDD<Row> rows, int[] orders, int size) {
    return rows.zipWithIndex()
        .filter(row -> orders[row._2().intValue()] < size)
        .map(row -> with(row._1(), orders[row._2().intValue()]));
  }

  private static Row with(Row row, int order) {
    Object[] values = new Object[row.length() + 1];
    for (int i = 0; i < row.length(); i++) {
      values[i] = row.get(i);
    }
    values[row.length()] = order;
    return RowFactory.create(values);
  }

  @Override
  public void close() {
    kept.unpersist(true); // blocking, because Spark may otherwise stop meanwhile and log a warning
  }
}
