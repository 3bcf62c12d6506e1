package dev.embark.engine.rows;

/** What a task computes its rows with. For one thread at a time, but {@link #cancel} is for any. */
public interface Engine extends AutoCloseable {
  /** Ends the running and every later computation, until it is called with false. Any thread. */
  void cancel(boolean cancel);

  /** Frees what it owns; does nothing the second time. */
  @Override
  void close();
}
