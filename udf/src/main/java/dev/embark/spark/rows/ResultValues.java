package dev.embark.spark.rows;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.VectorType;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.spark.conf.SqlFunction;
import java.nio.ByteOrder;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Turns what an embedding engine wrote into values of Spark's rows. Owns nothing. For one thread.
 */
final class ResultValues {
  private final EmbedOptions options;
  private final ListVector vector;

  /**
   * @param vector that the engine writes into, {@code List<Float>}
   */
  ResultValues(EmbedOptions options, ListVector vector) {
    this.options = options;
    this.vector = vector;
  }

  /** What a call gets for the text {@code i} of a window; a copy, valid for as long as wanted. */
  Object of(SqlFunction output, EmbeddedRows rows, int i) {
    EmbarkException error = rows.error(i);
    return switch (output) {
      case EMBEDDING -> rows.isEmbedded(i) ? embedding(i) : null;
      case DETAIL ->
          new GenericInternalRow(
              new Object[] {
                of(SqlFunction.EMBEDDING, rows, i),
                rows.tokens(i),
                rows.isTruncated(i),
                message(error)
              });
      case TOKENS -> error == null ? rows.tokens(i) : null;
      case ANSWER, ANSWER_DETAIL -> throw new IllegalArgumentException(output + " is no vector");
    };
  }

  /** What a row tells of its error; null for none. */
  static UTF8String message(EmbarkException error) {
    return error == null
        ? null
        : UTF8String.fromString("[" + error.kind() + "] " + error.getMessage());
  }

  private Object embedding(int i) {
    int start = vector.getElementStartIndex(i);
    float[] floats = new float[vector.getElementEndIndex(i) - start];
    ((Float4Vector) vector.getDataVector())
        .getDataBuffer()
        .nioBuffer((long) start * Float.BYTES, floats.length * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer()
        .get(floats);
    return switch (options.output()) {
      case FLOAT -> UnsafeArrayData.fromPrimitiveArray(floats);
      case INT8 -> UnsafeArrayData.fromPrimitiveArray(VectorType.toInt8(floats));
      case BINARY -> VectorType.toBinary(floats);
    };
  }
}
