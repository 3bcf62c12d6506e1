package dev.embark.engine.embed;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.llama.TokenizedTexts;
import java.util.function.BooleanSupplier;

/** Computes the vectors of a window of tokenised texts, on its own or on shared contexts. */
interface WindowEncoder extends AutoCloseable {
  /**
   * Computes every sequence and adds the batches to the window's outcomes.
   *
   * @param isCancelled polled repeatedly
   * @param sink called on the caller's thread, once per sequence
   * @throws EmbarkException of kind CANCELLED; the encoder stays usable
   */
  void encode(TokenizedTexts texts, BooleanSupplier isCancelled, Encoder.Sink sink);

  /**
   * Cancels the running and all later {@link #encode} calls until called with false. Thread-safe.
   */
  void cancel(boolean cancel);

  /** Returns whether {@link #cancel} is in effect. Thread-safe. */
  boolean isCancelled();

  @Override
  void close();
}
