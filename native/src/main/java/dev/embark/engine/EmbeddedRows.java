package dev.embark.engine;

import java.util.BitSet;

/**
 * What became of each row of a window: its tokens, whether it was truncated, and why it has no
 * vector. A row without a vector and without an error was NULL.
 */
public final class EmbeddedRows {
  private final int[] tokens; // of each row, as embedded
  private final BitSet embedded;
  private final BitSet truncated;
  private final EmbeddingException[] errors; // of each row; null where there is none
  private long batches;
  private long tokenizeNanos;
  private long batchCapacity; // tokens that the batches could have held

  EmbeddedRows(int rows) {
    tokens = new int[rows];
    embedded = new BitSet(rows);
    truncated = new BitSet(rows);
    errors = new EmbeddingException[rows];
  }

  /** Number of rows. */
  public int size() {
    return tokens.length;
  }

  /** Tokens of the row that the model has seen, special tokens included. */
  public int tokens(int row) {
    return tokens[row];
  }

  /** Whether the row has a vector. */
  public boolean isEmbedded(int row) {
    return embedded.get(row);
  }

  /** Whether only the row's head was embedded. */
  public boolean isTruncated(int row) {
    return truncated.get(row);
  }

  /** Why the row has no vector, or null. */
  public EmbeddingException error(int row) {
    return errors[row];
  }

  /** Native batches that were decoded. */
  public long batches() {
    return batches;
  }

  /** Tokens that those batches could have held. */
  public long batchCapacity() {
    return batchCapacity;
  }

  /** Time that turning the texts into tokens took. */
  public long tokenizeNanos() {
    return tokenizeNanos;
  }

  void setTokenizeNanos(long nanos) {
    tokenizeNanos = nanos;
  }

  void addTokens(int row, int n) {
    tokens[row] += n;
  }

  void setEmbedded(int row) {
    embedded.set(row);
  }

  void setTruncated(int row) {
    truncated.set(row);
  }

  void setError(int row, EmbeddingException error) {
    errors[row] = error;
    embedded.clear(row);
  }

  void countBatch(int capacity) {
    batches++;
    batchCapacity += capacity;
  }
}
