package dev.embark.job.run;

import dev.embark.job.cli.OutputSpec;
import dev.embark.job.input.Sample;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.xerial.snappy.SnappyOutputStream;
import scala.collection.Seq;

/**
 * Estimates the size of rows in an output. Columnar formats compress each column separately;
 * vectors do not compress. Stateless.
 */
final class OutputSize {
  private static final int OFFSET_BYTES = 4;
  private static final int NUMBER_BYTES = 8;
  private static final int BLOCK_BYTES = 1 << 16;

  private OutputSize() {}

  /**
   * Returns the average number of bytes per output row.
   *
   * @param sample sample of the input's rows
   * @param results rows with the result column only; a few suffice
   * @param share fraction of rows that have a result
   */
  static double bytesPerRow(
      SparkSession spark,
      OutputSpec.Format format,
      Sample sample,
      List<Row> results,
      double share) {
    if (sample.size() == 0) {
      return 0;
    }
    boolean isJson = format == OutputSpec.Format.JSON;
    double columns = isJson ? jsonBytes(spark, sample) : columnBytes(sample);
    double result =
        results.stream()
            .mapToInt(row -> isJson ? row.json().length() : result(row))
            .average()
            .orElse(0);
    return columns / sample.size() + share * result;
  }

  /** Returns the bytes of all lines, as Spark writes them. */
  private static double jsonBytes(SparkSession spark, Sample sample) {
    return sample
        .dataset(spark)
        .drop(Sample.ORDER)
        .toJSON()
        .javaRDD()
        .mapToDouble(line -> line.getBytes(StandardCharsets.UTF_8).length)
        .sum();
  }

  private static double columnBytes(Sample sample) {
    int columns = sample.schema().size();
    return sample
        .rows()
        .coalesce(1) // columns are compressed over all rows
        .mapPartitions(rows -> sizes(rows, columns).iterator())
        .collect()
        .stream()
        .mapToLong(Long::longValue)
        .sum();
  }

  /** Returns the bytes of each of the first columns. */
  private static List<Long> sizes(Iterator<Row> rows, int width) throws IOException {
    List<CountedBytes> counts = Stream.generate(CountedBytes::new).limit(width).toList();
    List<OutputStream> columns = new ArrayList<>();
    for (CountedBytes count : counts) {
      columns.add(new SnappyOutputStream(count, BLOCK_BYTES));
    }
    while (rows.hasNext()) {
      Row row = rows.next();
      for (int column = 0; column < columns.size(); column++) {
        columns.get(column).write(bytes(row.get(column)));
      }
    }
    for (OutputStream column : columns) {
      column.close();
    }
    return counts.stream().map(count -> count.bytes).toList();
  }

  /** Counts the bytes written. */
  private static final class CountedBytes extends OutputStream {
    private long bytes;

    @Override
    public void write(int one) {
      bytes++;
    }

    @Override
    public void write(byte[] some, int offset, int length) {
      bytes += length;
    }
  }

  private static byte[] bytes(Object value) {
    if (value == null) {
      return new byte[0];
    }
    if (value instanceof byte[] binary) {
      return withOffset(binary);
    }
    if (value instanceof Number number) {
      return ByteBuffer.allocate(NUMBER_BYTES).putDouble(number.doubleValue()).array();
    }
    return withOffset(value.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] withOffset(byte[] value) {
    byte[] all = new byte[OFFSET_BYTES + value.length];
    System.arraycopy(value, 0, all, OFFSET_BYTES, value.length);
    return all;
  }

  private static int result(Row row) {
    boolean isOfChunks =
        row.get(0) instanceof Seq<?> values && !values.isEmpty() && values.head() instanceof Row;
    return isOfChunks
        ? row.<Row>getList(0).stream().mapToInt(OutputSize::chunk).sum()
        : result(row.get(0));
  }

  private static int result(Object result) {
    if (result instanceof String answer) {
      return bytes(answer).length;
    }
    if (result instanceof byte[] binary) {
      return binary.length;
    }
    if (result instanceof Row typed) {
      return bytes(typed.json()).length;
    }
    if (result instanceof Seq<?> values && !values.isEmpty()) {
      return values.size() * (values.head() instanceof Byte ? 1 : Float.BYTES);
    }
    return 0;
  }

  /** Returns the bytes of the columns of a chunk; those of its input repeat and hardly count. */
  private static int chunk(Row chunk) {
    int bytes = 0;
    for (int i = 0; i < chunk.size(); i++) {
      Object value = chunk.get(i);
      bytes += value instanceof Integer ? Integer.BYTES : result(value);
    }
    return bytes;
  }
}
