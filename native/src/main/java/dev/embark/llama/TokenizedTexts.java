package dev.embark.llama;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.engine.text.Tokenizer;
import java.util.Arrays;
import java.util.BitSet;
import org.bytedeco.javacpp.IntPointer;

/**
 * Token ids of a window of texts: one flat buffer in native memory, divided into model sequences. A
 * text has one sequence, several when it is chunked, none when it is NULL or failed. The model
 * gives one vector for a sequence, or one for each of its parts if it has parts.
 *
 * <p>Filled by {@link Tokenizer}; {@link #clear(int)} keeps the buffers for reuse. Owns its native
 * buffer. Not thread-safe.
 */
public final class TokenizedTexts implements AutoCloseable {
  private static final int[][] NO_PARTS = {};
  private static final int[] WHOLE = {};

  private IntPointer ids;
  private long capacity;
  private long size;

  private int[] rows = new int[64]; // per sequence
  private long[] offsets = new long[64]; // per sequence, index into ids
  private int[] lengths = new int[64]; // per sequence, in tokens
  private int[][] parts = NO_PARTS; // per sequence; shorter, or null, where there are none
  private int[] firstOutputs = new int[64]; // per sequence
  private int sequences;
  private int outputs;
  private int ofParts; // number of all parts

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
    outputs = 0;
    ofParts = 0;
    parts = NO_PARTS;
    chunked.clear();
    outcomes.clear(rowCount);
  }

  /** Registers the {@code length} ids after {@link #size()} as a sequence of {@code row}. */
  public void addSequence(int row, int length) {
    if (sequences == rows.length) {
      rows = Arrays.copyOf(rows, sequences * 2);
      offsets = Arrays.copyOf(offsets, sequences * 2);
      lengths = Arrays.copyOf(lengths, sequences * 2);
      firstOutputs = Arrays.copyOf(firstOutputs, sequences * 2);
    }
    if (sequences > 0 && rows[sequences - 1] == row) {
      chunked.set(row);
    }
    rows[sequences] = row;
    offsets[sequences] = size;
    lengths[sequences] = length;
    firstOutputs[sequences] = outputs++;
    sequences++;
    size += length;
  }

  /** Appends the given ids as a sequence of {@code row}, which has one vector. */
  public void append(int row, int[] sequence) {
    append(row, sequence, WHOLE);
  }

  /**
   * Appends the given ids as a sequence of {@code row}.
   *
   * @param of the parts that have a vector of their own, as {@link #parts} returns them; owned by
   *     this object from now on
   */
  public void append(int row, int[] sequence, int[] of) {
    IntPointer buffer = reserve(sequence.length);
    buffer.position(size).put(sequence, 0, sequence.length);
    buffer.position(0);
    addSequence(row, sequence.length);
    if (of.length > 0) {
      if (sequences > parts.length) {
        parts = Arrays.copyOf(parts, lengths.length);
      }
      parts[sequences - 1] = of;
      outputs += of.length / 2 - 1;
      ofParts += of.length / 2;
    }
  }

  /** Returns a copy of the {@code n} ids that were written after {@link #size()}. */
  public int[] written(int n) {
    int[] copy = new int[n];
    if (n > 0) {
      ids.position(size).get(copy);
      ids.position(0);
    }
    return copy;
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

  /**
   * Returns the parts of a sequence that have a vector of their own: the first token and the one
   * after the last of each, both in increasing order; empty if the sequence has one vector for all
   * its tokens. Not a copy.
   */
  public int[] parts(int sequence) {
    return sequence < parts.length && parts[sequence] != null ? parts[sequence] : WHOLE;
  }

  /** Returns the number of vectors of a sequence. */
  public int outputs(int sequence) {
    return Math.max(1, parts(sequence).length / 2);
  }

  /** Returns the number of vectors of all sequences. */
  public int outputs() {
    return outputs;
  }

  /** Returns the index of the first vector of a sequence among those of all sequences. */
  public int firstOutput(int sequence) {
    return firstOutputs[sequence];
  }

  /** Returns the number of sequence ids that a sequence and its parts take in a batch. */
  public int places(int sequence) {
    return 1 + parts(sequence).length / 2;
  }

  /** Returns the number of sequence ids that all sequences and their parts take. */
  public int allPlaces() {
    return sequences + ofParts;
  }

  /** Returns the {@link #places(int)} of every sequence. */
  public int[] places() {
    int[] places = new int[sequences];
    Arrays.setAll(places, this::places);
    return places;
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
