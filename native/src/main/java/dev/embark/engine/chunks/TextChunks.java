package dev.embark.engine.chunks;

import dev.embark.engine.rows.EmbeddedRows;
import java.util.Arrays;

/**
 * The chunks of a window of texts: where each begins and ends in its text, and which of the vectors
 * of the window is its own. Equal chunks that are read alone share a vector. Filled by {@link
 * ChunkTokenizer}; the next window overwrites it.
 */
public final class TextChunks {
  private int[] firsts = new int[64]; // per row, the index of its first chunk
  private int rows;
  // Per chunk.
  private int[] begins = new int[64];
  private int[] ends = new int[64];
  private int[] firstBytes = new int[64];
  private int[] endBytes = new int[64];
  private int[] tokens = new int[64];
  private int[] vectors = new int[64];
  private int size;
  private EmbeddedRows outcomes;

  TextChunks() {}

  /**
   * Starts a new window.
   *
   * @param ofRows the outcomes of its rows
   */
  void clear(EmbeddedRows ofRows) {
    rows = 0;
    size = 0;
    outcomes = ofRows;
  }

  /** Returns the outcomes of the rows. */
  public EmbeddedRows outcomes() {
    return outcomes;
  }

  /** Begins the next row. */
  void startRow() {
    if (rows == firsts.length) {
      firsts = Arrays.copyOf(firsts, 2 * rows);
    }
    firsts[rows++] = size;
  }

  /** Adds a chunk to the last row. */
  void add(TextPositions text, Span span, int firstByte, int endByte, int vector) {
    if (size == begins.length) {
      begins = Arrays.copyOf(begins, 2 * size);
      ends = Arrays.copyOf(ends, 2 * size);
      firstBytes = Arrays.copyOf(firstBytes, 2 * size);
      endBytes = Arrays.copyOf(endBytes, 2 * size);
      tokens = Arrays.copyOf(tokens, 2 * size);
      vectors = Arrays.copyOf(vectors, 2 * size);
    }
    begins[size] = text.characterOf(span.begin());
    ends[size] = text.characterOf(span.end());
    firstBytes[size] = firstByte;
    endBytes[size] = endByte;
    tokens[size] = span.tokens();
    vectors[size++] = vector;
  }

  /** Returns the number of chunks of all rows. */
  public int size() {
    return size;
  }

  /** Returns the index of the first chunk of a row. */
  public int first(int row) {
    return firsts[row];
  }

  /** Returns the number of chunks of a row; 0 if its text is NULL or failed. */
  public int count(int row) {
    return (row + 1 < rows ? firsts[row + 1] : size) - firsts[row];
  }

  /** Returns the number of characters, as Spark counts them, before a chunk in its text. */
  public int begin(int chunk) {
    return begins[chunk];
  }

  /** Returns the number of characters before the end of a chunk. */
  public int end(int chunk) {
    return ends[chunk];
  }

  /** Returns the bytes of a chunk in its text. */
  public byte[] utf8(int chunk, byte[] text) {
    return Arrays.copyOfRange(text, firstBytes[chunk], endBytes[chunk]);
  }

  /**
   * Returns the number of tokens of a chunk whose vectors are combined into its own: those that the
   * model reads, prompt and special tokens included, if it reads the chunk alone.
   */
  public int tokens(int chunk) {
    return tokens[chunk];
  }

  /** Returns the number of tokens of all chunks of a row. */
  public int tokensOfRow(int row) {
    int sum = 0;
    for (int i = first(row); i < first(row) + count(row); i++) {
      sum += tokens[i];
    }
    return sum;
  }

  /** Returns the index of the vector of a chunk among those of the window. */
  public int vector(int chunk) {
    return vectors[chunk];
  }
}
