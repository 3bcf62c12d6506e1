package dev.embark.engine.rows;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Per-row outcome of a window: token count, truncation, and success or error. A row that is neither
 * done nor failed was NULL.
 */
public abstract sealed class RowOutcomes permits ClassifiedRows, EmbeddedRows, GeneratedRows {
  private int[] tokens = {}; // per row
  private EmbarkException[] errors = {}; // per row; null without an error
  private final BitSet done = new BitSet();
  private final BitSet truncated = new BitSet();
  private int size;
  private long batches;
  private long tokenizeNanos;
  private long batchCapacity; // in tokens

  RowOutcomes() {}

  /** Resets the outcomes to {@code rows} rows without a result. */
  public final void clear(int rows) {
    if (rows > tokens.length) {
      tokens = new int[rows];
      errors = new EmbarkException[rows];
    } else {
      Arrays.fill(tokens, 0, rows, 0);
      Arrays.fill(errors, null); // releases those of rows beyond the new size, too
    }
    done.clear();
    truncated.clear();
    size = rows;
    batches = 0;
    batchCapacity = 0;
    tokenizeNanos = 0;
  }

  /** Copies the state of {@code other}. */
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

  /** Returns the number of rows. */
  public final int size() {
    return size;
  }

  /** Returns the number of tokens of the row that the model processed, including special tokens. */
  public final int tokens(int row) {
    return tokens[row];
  }

  /** Returns whether the row has a result. */
  public final boolean isDone(int row) {
    return done.get(row);
  }

  /** Returns whether the text was truncated. */
  public final boolean isTruncated(int row) {
    return truncated.get(row);
  }

  /** Returns the error of the row, or null. */
  public final EmbarkException error(int row) {
    return errors[row];
  }

  /** Returns the number of native batches. */
  public final long batches() {
    return batches;
  }

  /** Returns the total capacity of those batches in tokens. */
  public final long batchCapacity() {
    return batchCapacity;
  }

  /** Returns the time spent tokenising. */
  public final long tokenizeNanos() {
    return tokenizeNanos;
  }

  /** Returns the number of tokens generated for the row; 0 for embeddings. */
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
