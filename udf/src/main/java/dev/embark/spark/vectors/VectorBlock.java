package dev.embark.spark.vectors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * Rows with the vectors of all of them in one array.
 *
 * @param vectors floats of {@code rows.size()} vectors of {@code length} each, in an {@link Order}
 * @param rows the rows that the vectors belong to
 */
record VectorBlock(int length, float[] vectors, List<Row> rows) {
  static final int ROWS = 1024;

  /** How the floats of a block follow one another. */
  enum Order {
    /** All elements of the first vector, then those of the second. */
    BY_ROW,
    /** The first element of every vector, then the second of every vector. */
    BY_DIMENSION
  }

  /** The vector's block as a row of its own: length, floats as bytes, rows. */
  Row toRow() {
    ByteBuffer bytes =
        ByteBuffer.allocate(vectors.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vectors);
    return RowFactory.create(length, bytes.array(), rows.toArray(new Row[0]));
  }

  /** Reads what {@link #toRow} wrote, from three columns that begin at {@code column}. */
  static VectorBlock of(Row row, int column) {
    byte[] bytes = row.getAs(column + 1);
    float[] vectors = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vectors);
    return new VectorBlock(row.getInt(column), vectors, row.getList(column + 2));
  }

  /** One array for each dimension, of a block in the order {@link Order#BY_DIMENSION}. */
  float[][] dimensions() {
    float[][] dimensions = new float[length][];
    for (int d = 0; d < length; d++) {
      dimensions[d] = Arrays.copyOfRange(vectors, d * rows.size(), (d + 1) * rows.size());
    }
    return dimensions;
  }

  /** Collects rows into blocks. */
  static final class Builder {
    private final Metric metric;
    private final Order order;
    private final List<Row> rows = new ArrayList<>();
    private float[] vectors = new float[0];
    private int length;

    Builder(Metric metric, Order order) {
      this.metric = metric;
      this.order = order;
    }

    /**
     * Adds a row unless its vector is NULL, or has no direction where the metric is the cosine.
     *
     * @param vector as {@link VectorFunction#VECTOR_TO_BINARY} has it
     * @return a full block to be used before this row, or null
     */
    VectorBlock add(byte[] vector, Row row) {
      if (vector == null) {
        return null;
      }
      float[] floats = new float[vector.length / Float.BYTES];
      ByteBuffer.wrap(vector).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
      if (metric == Metric.COSINE && !normalize(floats)) {
        return null;
      }
      VectorBlock full = rows.size() == ROWS || floats.length != length ? end() : null;
      if (rows.isEmpty()) {
        length = floats.length;
        vectors = new float[ROWS * length];
      }
      System.arraycopy(floats, 0, vectors, rows.size() * length, length);
      rows.add(row);
      return full;
    }

    /** The block of the rows since the last one; null if there are none. */
    VectorBlock end() {
      if (rows.isEmpty()) {
        return null;
      }
      float[] ordered =
          order == Order.BY_ROW ? Arrays.copyOf(vectors, rows.size() * length) : byDimension();
      VectorBlock block = new VectorBlock(length, ordered, List.copyOf(rows));
      rows.clear();
      return block;
    }

    private float[] byDimension() {
      int count = rows.size();
      float[] transposed = new float[count * length];
      for (int i = 0; i < count; i++) {
        for (int d = 0; d < length; d++) {
          transposed[d * count + i] = vectors[i * length + d];
        }
      }
      return transposed;
    }

    /** Scales a vector to length 1; false if it has no direction. */
    private static boolean normalize(float[] vector) {
      double squares = 0;
      for (float element : vector) {
        squares += (double) element * element;
      }
      double norm = Math.sqrt(squares);
      if (!(norm > 0 && norm <= Double.MAX_VALUE)) {
        return false;
      }
      for (int i = 0; i < vector.length; i++) {
        vector[i] = (float) (vector[i] / norm);
      }
      return true;
    }
  }
}
