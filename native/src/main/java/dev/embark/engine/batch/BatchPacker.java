package dev.embark.engine.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Puts sequences together into native batches, by length and up to a budget of tokens. Pure
 * arithmetic: knows neither texts nor llama.cpp.
 */
public final class BatchPacker {
  private final Packing packing;
  private final int budget;
  private final int maxSequences;

  /**
   * @param packing which sequences may share a batch
   * @param budget tokens of a batch; a longer sequence gets a batch of its own
   * @param maxSequences sequences of a batch
   */
  public BatchPacker(Packing packing, int budget, int maxSequences) {
    this.packing = packing;
    this.budget = budget;
    this.maxSequences = maxSequences;
  }

  /**
   * Packs sequences in the order of their lengths, flushing by the overflow rule of llama.cpp's
   * embedding example: when the next one would exceed the budget, the batch has as many sequences
   * as it may, or the packing keeps the next one apart.
   *
   * @param lengths of each sequence, in tokens
   * @return batches that hold every sequence once
   */
  public List<PackedBatch> pack(int[] lengths) {
    // Length in the upper half, index in the lower: sorts by length, ties in order, no boxing.
    long[] order = new long[lengths.length];
    for (int i = 0; i < lengths.length; i++) {
      order[i] = ((long) lengths[i] << 32) | i;
    }
    Arrays.sort(order);

    List<PackedBatch> batches = new ArrayList<>();
    int start = 0;
    long tokens = 0;
    int longest = 0; // of the batch, which is its last
    for (int i = 0; i < order.length; i++) {
      int length = (int) (order[i] >>> 32);
      boolean fits =
          tokens + length <= budget
              && i - start < maxSequences
              && packing.together(longest, length);
      if (i > start && !fits) {
        batches.add(batch(order, start, i, tokens));
        start = i;
        tokens = 0;
      }
      tokens += length;
      longest = length;
    }
    if (start < order.length) {
      batches.add(batch(order, start, order.length, tokens));
    }
    return batches;
  }

  /** Whether sequences fit one batch in any order, so that they need not be packed. */
  public boolean isOneBatch(int sequences, long tokens) {
    return sequences == 1
        || sequences > 1
            && packing == Packing.SIMPLE
            && sequences <= maxSequences
            && tokens <= budget;
  }

  private static PackedBatch batch(long[] order, int start, int end, long tokens) {
    int[] sequences = new int[end - start];
    for (int i = start; i < end; i++) {
      sequences[i - start] = (int) order[i];
    }
    return new PackedBatch(sequences, (int) tokens);
  }
}
