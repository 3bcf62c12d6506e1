package dev.embark.llama;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.engine.text.Tokenizer;
import java.util.Arrays;
import java.util.BitSet;
import org.bytedeco.javacpp.IntPointer;

/**
 * Token ids of a window of texts: one flat buffer in native memory, divided into model sequences. A
 * text has one sequence, several when it is chunked, none when it is NULL or failed.
 *
 * <p>Filled by {@link Tokenizer}; {@link #clear(int)} keeps the buffers for reuse. Owns its native
 * buffer. Not thread-safe.
 */
public final class TokenizedTexts implements AutoCloseable {
  private IntPointer ids;
  private long capacity;
  private long size;

  private int[] rows = new int[64]; // per sequence
  private long[] offsets = new long[64]; // per sequence, index into ids
  private int[] lengths = new int[64]; // per sequence, in tokens
  private int sequences;

  private final BitSet chunked = new BitSet(); // rows with more than one sequence
  private final EmbeddedRows outcomes = new EmbeddedRows();

  /** Ensures room for {@code n} ids after {@link #size()} and returns the buffer. */
  public IntPointer reserve(int n) {
    long needed = size + n;
    if (needed > capacity) {
      long grown = Math.max(needed, capacity * 2);
      IntPointer resized = Llama.embark_tokens_resize(ids, grown);
      if (resized == null) {
        throw new EmbarkException(
            EmbarkException.Kind.OUT_OF_MEMORY,
            "No memory for " + grown + " token ids; make windows or texts smaller.");
      }
      if (ids == null) {
        NativeHandles.opened();
      }
      ids = resized;
      capacity = grown;
    }
    return ids;
  }

  /** Starts a new window of {@code rowCount} texts. */
  public void clear(int rowCount) {
    size = 0;
    sequences = 0;
    chunked.clear();
    outcomes.clear(rowCount);
  }

  /** Registers the {@code length} ids after {@link #size()} as a sequence of {@code row}. */
  public void addSequence(int row, int length) {
    if (sequences == rows.length) {
      rows = Arrays.copyOf(rows, sequences * 2);
      offsets = Arrays.copyOf(offsets, sequences * 2);
      lengths = Arrays.copyOf(lengths, sequences * 2);
    }
    if (sequences > 0 && rows[sequences - 1] == row) {
      chunked.set(row);
    }
    rows[sequences] = row;
    offsets[sequences] = size;
    lengths[sequences] = length;
    sequences++;
    size += length;
  }

  /** Appends the given ids as a sequence of {@code row}. */
  public void append(int row, int[] sequence) {
    IntPointer buffer = reserve(sequence.length);
    buffer.position(size).put(sequence, 0, sequence.length);
    buffer.position(0);
    addSequence(row, sequence.length);
  }

  /** Returns a copy of the ids of a sequence. */
  public int[] copy(int sequence) {
    int[] copy = new int[lengths[sequence]];
    ids.position(offsets[sequence]).get(copy);
    ids.position(0);
    return copy;
  }

  /** Returns the token ids; valid until the next {@link #reserve} or {@link #close()}. */
  public IntPointer ids() {
    return ids;
  }

  /** Returns the total number of ids. */
  public long size() {
    return size;
  }

  public int sequences() {
    return sequences;
  }

  public int row(int sequence) {
    return rows[sequence];
  }

  /** Returns the start of a sequence in {@link #ids()}. */
  public long offset(int sequence) {
    return offsets[sequence];
  }

  /** Returns the length of a sequence in tokens. */
  public int length(int sequence) {
    return lengths[sequence];
  }

  /** Returns the length of every sequence in tokens: {@code lengths[sequences()]}. */
  public int[] lengths() {
    return Arrays.copyOf(lengths, sequences);
  }

  /** Returns the per-row outcomes so far. */
  public EmbeddedRows outcomes() {
    return outcomes;
  }

  /** Returns whether the row has more than one sequence. */
  public boolean isChunked(int row) {
    return chunked.get(row);
  }

  @Override
  public void close() {
    if (ids != null) {
      Llama.embark_tokens_free(ids);
      ids = null;
      NativeHandles.closed();
      capacity = 0;
      size = 0;
    }
  }
}
