package dev.embark.engine.rows;

/**
 * Computes the results of rows for one task. Used by one thread at a time, except for {@link
 * #cancel}.
 */
public interface Engine extends AutoCloseable {
  /** Cancels the running and all later computations until called with false. Thread-safe. */
  void cancel(boolean cancel);

  /** Frees the engine's resources; idempotent. */
  @Override
  void close();
}
