package dev.embark.engine.batch;

/**
 * The sequences that go into one native batch.
 *
 * @param sequences indices into the lengths that were packed
 * @param tokens the sum of their lengths
 */
public record PackedBatch(int[] sequences, int tokens) {}
