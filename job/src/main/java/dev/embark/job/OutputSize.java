package dev.embark.job;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.xerial.snappy.Snappy;
import scala.collection.Seq;

/**
 * Estimates what rows take in an output. A columnar file keeps each column by itself, compressed;
 * vectors do not compress. Stateless.
 */
final class OutputSize {
  private static final int OFFSET_BYTES = 4;
  private static final int NUMBER_BYTES = 8;

  private OutputSize() {}

  /**
   * Returns the bytes of a row of the output, on average.
   *
   * @param rows of the input
   * @param schema of those rows
   * @param embedded rows of the output, in whose last column the result is; few are enough
   * @param share of the rows that have a result
   */
  static double bytesPerRow(
      OutputSpec.Format format,
      List<Row> rows,
      StructType schema,
      List<Row> embedded,
      double share) {
    if (format == OutputSpec.Format.JSON) {
      return embedded.stream().mapToInt(row -> row.json().length() + 1).average().orElse(0);
    }
    double result =
        embedded.stream().mapToInt(row -> result(row.get(row.length() - 1))).average().orElse(0);
    return columns(rows, schema) + share * result;
  }

  private static double columns(List<Row> rows, StructType schema) {
    double sum = 0;
    for (int column = 0; column < schema.size(); column++) {
      sum += compressed(rows, column);
    }
    return rows.isEmpty() ? 0 : sum / rows.size();
  }

  private static int compressed(List<Row> rows, int column) {
    try (ByteArrayOutputStream values = new ByteArrayOutputStream()) {
      for (Row row : rows) {
        values.write(bytes(row.get(column)));
      }
      return Snappy.compress(values.toByteArray()).length;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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

  private static int result(Object result) {
    if (result instanceof String answer) {
      return bytes(answer).length;
    }
    if (result instanceof byte[] binary) {
      return binary.length;
    }
    if (result instanceof Seq<?> values && !values.isEmpty()) {
      return values.size() * (values.head() instanceof Byte ? 1 : Float.BYTES);
    }
    return 0;
  }
}
