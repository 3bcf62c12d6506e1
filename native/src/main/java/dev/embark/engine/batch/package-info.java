/**
 * Packs sequences into native batches.
 *
 * <pre>
 *  lengths ──► BatchPacker ──► PackedBatch: indices of sequences, up to a budget of tokens
 *  sequences of several tasks ──► SequenceQueue ──► batch; Ticket: where results arrive
 * </pre>
 *
 * <p>{@link dev.embark.engine.batch.BatchPacker} is used by one thread; queue and tickets are
 * thread-safe.
 */
package dev.embark.engine.batch;
