package dev.embark.engine.embed;

import dev.embark.engine.rows.EmbarkException;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BitVectorHelper;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.FieldType;

/**
 * Writes vectors into an Arrow {@code List<Float>}, in any row order.
 *
 * <p>Row {@code i} occupies the floats {@code [i · d, (i + 1) · d)} of the child vector even when
 * it is NULL, so rows may be written in any order. The Arrow vectors belong to the caller; one
 * writer can fill many, one after the other. Not thread-safe.
 */
public final class VectorWriter {
  // Arrow rounds buffers up to a power of two and counts their capacity in an int.
  private static final int MOST_FLOATS = 1 << 30;

  private final int dimensions;
  private ListVector vector; // set from start to finish, like the next three fields
  private Float4Vector values;
  private ArrowBuf data;
  private int rows;

  /**
   * Creates a writer without a target.
   *
   * @param dimensions floats per row
   */
  public VectorWriter(int dimensions) {
    this.dimensions = dimensions;
  }

  /**
   * Overwrites {@code out} with {@code rowCount} NULL rows and reuses its memory where that
   * suffices.
   *
   * @param out created by {@link #newVector}
   * @return this
   * @throws EmbarkException of kind OUT_OF_MEMORY when the floats exceed the 32-bit offsets of an
   *     Arrow list vector; {@code out} is then unchanged
   */
  public VectorWriter start(ListVector out, int rowCount) {
    if ((long) rowCount * dimensions > MOST_FLOATS) {
      throw new EmbarkException(
          EmbarkException.Kind.OUT_OF_MEMORY,
          rowCount
              + " rows of "
              + dimensions
              + " floats are more than the "
              + MOST_FLOATS
              + " of an Arrow vector; make batches of rows smaller, or ask for fewer dimensions.");
    }
    vector = out;
    rows = rowCount;
    values = (Float4Vector) vector.getDataVector();
    int floats = Math.max(rows * dimensions, 1);
    if (vector.getValueCapacity() < Math.max(rows, 1) || values.getValueCapacity() < floats) {
      vector.clear();
      vector.setInitialCapacity(Math.max(rows, 1));
      values.setInitialCapacity(floats);
      vector.allocateNew();
      values.allocateNew(floats);
    }
    data = values.getDataBuffer();
    ArrowBuf offsets = vector.getOffsetBuffer();
    for (int row = 0; row <= rows; row++) {
      offsets.setInt((long) row * ListVector.OFFSET_WIDTH, row * dimensions);
    }
    vector.getValidityBuffer().setZero(0, vector.getValidityBuffer().capacity());
    values.getValidityBuffer().setOne(0L, values.getValidityBuffer().capacity());
    return this;
  }

  /** Returns an empty {@code List<Float>}, which the caller closes. */
  public static ListVector newVector(String name, BufferAllocator allocator) {
    ListVector vector = ListVector.empty(name, allocator);
    vector.addOrGetVector(
        FieldType.notNullable(new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE)));
    return vector;
  }

  /** Copies one row over another in a {@link #finish finished} vector. */
  public static void copy(ListVector vector, int from, int to) {
    long start = (long) vector.getElementStartIndex(from) * Float4Vector.TYPE_WIDTH;
    long end = (long) vector.getElementEndIndex(from) * Float4Vector.TYPE_WIDTH;
    long at = (long) vector.getElementStartIndex(to) * Float4Vector.TYPE_WIDTH;
    ArrowBuf floats = vector.getDataVector().getDataBuffer();
    floats.setBytes(at, floats, start, end - start);
    BitVectorHelper.setValidityBit(
        vector.getValidityBuffer(), to, BitVectorHelper.get(vector.getValidityBuffer(), from));
  }

  /** Sets a row to {@code source[0 … dimensions)}. */
  public void write(int row, float[] source) {
    long at = (long) row * dimensions * Float4Vector.TYPE_WIDTH;
    for (int i = 0; i < dimensions; i++) {
      data.setFloat(at + (long) i * Float4Vector.TYPE_WIDTH, source[i]);
    }
    BitVectorHelper.setBit(vector.getValidityBuffer(), row);
  }

  /** Sets the row count of the vector and releases it. */
  public void finish() {
    values.setValueCount(rows * dimensions);
    vector.setLastSet(rows - 1);
    vector.setValueCount(rows);
    vector = null;
    values = null;
    data = null;
  }
}
