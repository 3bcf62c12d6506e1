package dev.embark.engine.embed;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.llama.TokenizedTexts;
import java.util.function.BooleanSupplier;

/**
 * Computes the sequences of a window of texts, on a context of its own or on one that is shared.
 */
interface WindowEncoder extends AutoCloseable {
  /**
   * Computes every sequence and counts the batches in the window's outcomes.
   *
   * @param isCancelled asked again and again
   * @param sink called in the caller's thread, once for each sequence
   * @throws EmbarkException of kind CANCELLED; the encoder stays usable
   */
  void encode(TokenizedTexts texts, BooleanSupplier isCancelled, Encoder.Sink sink);

  /**
   * Ends the running and every later {@link #encode}, until it is called with false. Any thread.
   */
  void cancel(boolean cancel);

  /** Whether {@link #cancel} was called with true. Any thread. */
  boolean isCancelled();

  @Override
  void close();
}
