package dev.embark.engine.batch;

import dev.embark.engine.model.MemoryEstimate;
import dev.embark.engine.rows.EmbarkException;

/** Accounts for the memory of a context, which grows when a text is longer than a batch. */
@FunctionalInterface
public interface ContextMemory {
  /** Grants every request. */
  ContextMemory UNLIMITED = tokens -> {};

  /**
   * Called before a context is created or replaced, on the thread that uses it. A replaced context
   * is freed only after the new one exists.
   *
   * @param tokens capacity of the new context, as for {@link MemoryEstimate#contextBytes}
   * @throws EmbarkException of kind OUT_OF_MEMORY to refuse the context: the texts that need it
   *     fail without a retry, and the previous context is kept
   */
  void claim(int tokens);
}
