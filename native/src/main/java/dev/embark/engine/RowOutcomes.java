package dev.embark.engine;

import java.util.BitSet;

/**
 * What became of each row of a window: its tokens, whether it was truncated, and why it failed. A
 * row that is neither done nor has an error was NULL.
 */
public abstract sealed class RowOutcomes permits EmbeddedRows, GeneratedRows {
  private final int[] tokens; // of each row
  private final BitSet done;
  private final BitSet truncated;
  private final EmbeddingException[] errors; // of each row; null where there is none
  private long batches;
  private long tokenizeNanos;
  private long batchCapacity; // tokens that the batches could have held

  RowOutcomes(int rows) {
    tokens = new int[rows];
    done = new BitSet(rows);
    truncated = new BitSet(rows);
    errors = new EmbeddingException[rows];
  }

  /** Number of rows. */
  public final int size() {
    return tokens.length;
  }

  /** Tokens of the row's text that the model has seen, special tokens included. */
  public final int tokens(int row) {
    return tokens[row];
  }

  /** Whether the row has a result. */
  public final boolean isDone(int row) {
    return done.get(row);
  }

  /** Whether only the row's head was looked at. */
  public final boolean isTruncated(int row) {
    return truncated.get(row);
  }

  /** Why the row has no result, or null. */
  public final EmbeddingException error(int row) {
    return errors[row];
  }

  /** Native batches that were decoded. */
  public final long batches() {
    return batches;
  }

  /** Tokens that those batches could have held. */
  public final long batchCapacity() {
    return batchCapacity;
  }

  /** Time that turning the texts into tokens took. */
  public final long tokenizeNanos() {
    return tokenizeNanos;
  }

  /** Tokens that were made of the row's; 0 where nothing is made but a vector. */
  public abstract int generatedTokens(int row);

  final void setTokenizeNanos(long nanos) {
    tokenizeNanos = nanos;
  }

  final void addTokens(int row, int n) {
    tokens[row] += n;
  }

  final void setDone(int row) {
    done.set(row);
  }

  final void setTruncated(int row) {
    truncated.set(row);
  }

  void setError(int row, EmbeddingException error) {
    errors[row] = error;
    done.clear(row);
  }

  final void countBatches(int n, long capacity) {
    batches += n;
    batchCapacity += capacity;
  }
}
