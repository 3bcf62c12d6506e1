package dev.embark.engine.batch;

import dev.embark.engine.model.MemoryEstimate;
import dev.embark.engine.rows.EmbarkException;

/** Accounts for the memory of a context, which a text longer than a batch makes larger. */
@FunctionalInterface
public interface ContextMemory {
  /** As much as it likes. */
  ContextMemory UNLIMITED = tokens -> {};

  /**
   * Called before a context takes the place of the one before, if there was one, which lasts until
   * the new one is there. In the thread that uses it.
   *
   * @param tokens that it is to have room for, as {@link MemoryEstimate#contextBytes} takes them
   * @throws EmbarkException of kind OUT_OF_MEMORY when it must not be made: the texts that need it
   *     fail without being asked for again, and the context before stays
   */
  void claim(int tokens);
}
