package dev.embark.engine.batch;

/**
 * The sequences of one native batch.
 *
 * @param sequences indices into the lengths that were packed
 * @param tokens sum of their lengths
 */
public record PackedBatch(int[] sequences, int tokens) {}
