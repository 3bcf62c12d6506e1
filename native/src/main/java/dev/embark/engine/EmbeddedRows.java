package dev.embark.engine;

import java.util.Arrays;
import java.util.BitSet;

/**
 * What became of each row of a window: its tokens, whether it was truncated, and why it has no
 * vector. A row without a vector and without an error was NULL.
 *
 * <p>An engine has one, and overwrites it with the next window; {@link #copy()} stays.
 */
public final class EmbeddedRows {
  private int[] tokens = {}; // of each row, as embedded
  private EmbeddingException[] errors = {}; // of each row; null where there is none
  private final BitSet embedded = new BitSet();
  private final BitSet truncated = new BitSet();
  private int size;
  private long batches;
  private long tokenizeNanos;
  private long batchCapacity; // tokens that the batches could have held

  EmbeddedRows() {}

  /** Makes it one of {@code rows} rows of which nothing is known. */
  void clear(int rows) {
    if (rows > tokens.length) {
      tokens = new int[rows];
      errors = new EmbeddingException[rows];
    } else {
      Arrays.fill(tokens, 0, rows, 0);
      Arrays.fill(errors, null); // those behind may hold much
    }
    embedded.clear();
    truncated.clear();
    size = rows;
    batches = 0;
    batchCapacity = 0;
    tokenizeNanos = 0;
  }

  /** The same, which no later window changes. */
  public EmbeddedRows copy() {
    EmbeddedRows copy = new EmbeddedRows();
    copy.tokens = Arrays.copyOf(tokens, size);
    copy.errors = Arrays.copyOf(errors, size);
    copy.embedded.or(embedded);
    copy.truncated.or(truncated);
    copy.size = size;
    copy.batches = batches;
    copy.batchCapacity = batchCapacity;
    copy.tokenizeNanos = tokenizeNanos;
    return copy;
  }

  /** Number of rows. */
  public int size() {
    return size;
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
    errors[row] = error.inRow(row);
    embedded.clear(row);
  }

  void countBatches(int n, long capacity) {
    batches += n;
    batchCapacity += capacity;
  }
}
