package dev.embark.engine.rows;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A query and a document, in UTF-8. A pair travels as one array of bytes through everything that
 * handles one text per row: windows, the search for repeated rows, and engines.
 *
 * <pre>
 *  length of the query (4 bytes) | query | document
 * </pre>
 */
public record TextPair(byte[] query, byte[] document) {

  /** Returns the pair as one array; equal pairs give equal arrays. */
  public byte[] toBytes() {
    return ByteBuffer.allocate(Integer.BYTES + query.length + document.length)
        .putInt(query.length)
        .put(query)
        .put(document)
        .array();
  }

  /** Returns the pair that {@link #toBytes} wrote. */
  public static TextPair of(byte[] bytes) {
    int start = Integer.BYTES;
    int end = start + ByteBuffer.wrap(bytes).getInt();
    return new TextPair(
        Arrays.copyOfRange(bytes, start, end), Arrays.copyOfRange(bytes, end, bytes.length));
  }
}
