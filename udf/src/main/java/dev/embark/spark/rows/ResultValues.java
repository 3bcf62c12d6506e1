package dev.embark.spark.rows;

import dev.embark.engine.chunks.TextChunks;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.VectorType;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.spark.conf.SqlFunction;
import java.nio.ByteOrder;
import java.util.List;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Converts the results of an embedding engine to Spark's internal row values. Owns no resources.
 * Not thread-safe.
 */
final class ResultValues {
  private final EmbedOptions options;
  private final ListVector vector;
  private List<byte[]> texts; // of the window, like its chunks; null unless there are chunks
  private TextChunks chunks;

  /**
   * @param vector the {@code List<Float>} vector that the engine writes
   */
  ResultValues(EmbedOptions options, ListVector vector) {
    this.options = options;
    this.vector = vector;
  }

  /** Sets the texts and chunks of a window; the vector has a row per distinct chunk or part. */
  void setChunks(List<byte[]> windowTexts, TextChunks ofWindow) {
    texts = windowTexts;
    chunks = ofWindow;
  }

  /** The value of a function for text {@code i} of a window; a copy that stays valid. */
  Object of(SqlFunction function, EmbeddedRows rows, int i) {
    EmbarkException error = rows.error(i);
    return switch (function) {
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
      case CHUNKS -> rows.isEmbedded(i) ? chunks(i) : null;
      case CHUNKS_DETAIL ->
          new GenericInternalRow(
              new Object[] {
                of(SqlFunction.CHUNKS, rows, i), chunks.tokensOfRow(i), message(error)
              });
      case ANSWER, ANSWER_DETAIL, SCORE, SCORE_DETAIL, LABEL, LABEL_DETAIL ->
          throw new IllegalArgumentException(function + " is no vector");
    };
  }

  private GenericArrayData chunks(int row) {
    Object[] all = new Object[chunks.count(row)];
    for (int i = 0; i < all.length; i++) {
      int chunk = chunks.first(row) + i;
      all[i] =
          new GenericInternalRow(
              new Object[] {
                i,
                chunks.begin(chunk),
                chunks.end(chunk),
                chunks.tokens(chunk),
                UTF8String.fromBytes(chunks.utf8(chunk, texts.get(row))),
                embedding(chunks.vector(chunk))
              });
    }
    return new GenericArrayData(all);
  }

  /** The {@code error} column of a row; null without an error. */
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
