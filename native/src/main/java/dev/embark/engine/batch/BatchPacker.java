package dev.embark.engine.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Packs sequences into native batches by length, up to a token budget. Operates on lengths only.
 */
public final class BatchPacker {
  private final Packing packing;
  private final int budget;
  private final int maxSequences;

  /**
   * Creates a packer.
   *
   * @param packing which sequences may share a batch
   * @param budget tokens per batch; a longer sequence gets its own batch
   * @param maxSequences maximum number of sequences per batch
   */
  public BatchPacker(Packing packing, int budget, int maxSequences) {
    this.packing = packing;
    this.budget = budget;
    this.maxSequences = maxSequences;
  }

  /**
   * Packs sequences that take one place each.
   *
   * @param lengths as in {@link #pack(int[], int[])}
   */
  List<PackedBatch> pack(int[] lengths) {
    int[] places = new int[lengths.length];
    Arrays.fill(places, 1);
    return pack(lengths, places);
  }

  /**
   * Packs sequences in order of length. A batch ends, as in llama.cpp's embedding example, when the
   * next sequence would exceed the budget or the maximum number of sequences, or the packing
   * separates the two.
   *
   * @param lengths length of each sequence, in tokens
   * @param places number of sequences that each counts as
   * @return batches that contain every sequence once
   */
  public List<PackedBatch> pack(int[] lengths, int[] places) {
    // Length in the upper half, index in the lower: sorts by length, stable, without boxing.
    long[] order = new long[lengths.length];
    for (int i = 0; i < lengths.length; i++) {
      order[i] = ((long) lengths[i] << 32) | i;
    }
    Arrays.sort(order);

    List<PackedBatch> batches = new ArrayList<>();
    int start = 0;
    long tokens = 0;
    int taken = 0;
    int longest = 0; // the last sequence of the batch
    for (int i = 0; i < order.length; i++) {
      int length = (int) (order[i] >>> 32);
      boolean fits =
          tokens + length <= budget
              && taken + places[(int) order[i]] <= maxSequences
              && packing.together(longest, length);
      if (i > start && !fits) {
        batches.add(batch(order, start, i, tokens));
        start = i;
        tokens = 0;
        taken = 0;
      }
      tokens += length;
      taken += places[(int) order[i]];
      longest = length;
    }
    if (start < order.length) {
      batches.add(batch(order, start, order.length, tokens));
    }
    return batches;
  }

  /**
   * Returns whether the sequences fit into one batch in any order and need no packing.
   *
   * @param places of all of them together
   */
  public boolean isOneBatch(int sequences, int places, long tokens) {
    return sequences == 1
        || sequences > 1 && packing == Packing.SIMPLE && places <= maxSequences && tokens <= budget;
  }

  private static PackedBatch batch(long[] order, int start, int end, long tokens) {
    int[] sequences = new int[end - start];
    for (int i = start; i < end; i++) {
      sequences[i - start] = (int) order[i];
    }
    return new PackedBatch(sequences, (int) tokens);
  }
}
