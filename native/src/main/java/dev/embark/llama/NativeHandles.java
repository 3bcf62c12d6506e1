package dev.embark.llama;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counters of this process's native models, contexts, batches and buffers: those open now, which
 * reveal leaks in tests, and all ever created. Thread-safe.
 */
public final class NativeHandles {
  private static final AtomicLong OPEN = new AtomicLong();
  private static final AtomicLong MADE = new AtomicLong();

  private NativeHandles() {}

  static void opened() {
    OPEN.incrementAndGet();
    MADE.incrementAndGet();
  }

  static void closed() {
    OPEN.decrementAndGet();
  }

  /** Returns the number of handles open now. */
  public static long open() {
    return OPEN.get();
  }

  public static long made() {
    return MADE.get();
  }
}
