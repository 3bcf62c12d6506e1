package dev.embark.engine.rows;

import java.util.Arrays;
import java.util.BitSet;

/**
 * What became of each row of a window: its tokens, whether it was truncated, and why it failed. A
 * row that is neither done nor has an error was NULL.
 */
public abstract sealed class RowOutcomes permits EmbeddedRows, GeneratedRows {
  private int[] tokens = {}; // of each row
  private EmbarkException[] errors = {}; // of each row; null where there is none
  private final BitSet done = new BitSet();
  private final BitSet truncated = new BitSet();
  private int size;
  private long batches;
  private long tokenizeNanos;
  private long batchCapacity; // tokens that the batches could have held

  RowOutcomes() {}

  /** Makes it one of {@code rows} rows of which nothing is known. */
  public final void clear(int rows) {
    if (rows > tokens.length) {
      tokens = new int[rows];
      errors = new EmbarkException[rows];
    } else {
      Arrays.fill(tokens, 0, rows, 0);
      Arrays.fill(errors, null); // those behind may hold much
    }
    done.clear();
    truncated.clear();
    size = rows;
    batches = 0;
    batchCapacity = 0;
    tokenizeNanos = 0;
  }

  /** Takes over what another one has. */
  final void copyFrom(RowOutcomes other) {
    tokens = Arrays.copyOf(other.tokens, other.size);
    errors = Arrays.copyOf(other.errors, other.size);
    done.or(other.done);
    truncated.or(other.truncated);
    size = other.size;
    batches = other.batches;
    batchCapacity = other.batchCapacity;
    tokenizeNanos = other.tokenizeNanos;
  }

  /** Number of rows. */
  public final int size() {
    return size;
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
  public final EmbarkException error(int row) {
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

  public final void setTokenizeNanos(long nanos) {
    tokenizeNanos = nanos;
  }

  public final void addTokens(int row, int n) {
    tokens[row] += n;
  }

  public final void setDone(int row) {
    done.set(row);
  }

  public final void setTruncated(int row) {
    truncated.set(row);
  }

  public void setError(int row, EmbarkException error) {
    errors[row] = error.inRow(row);
    done.clear(row);
  }

  public final void countBatches(int n, long capacity) {
    batches += n;
    batchCapacity += capacity;
  }
}
