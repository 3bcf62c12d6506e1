package dev.embark.llama;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the native models, contexts, batches and buffers of this process that are open, so that
 * tests see what was never freed, and all that were ever made. Safe for any thread.
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

  /** How many are open right now. */
  public static long open() {
    return OPEN.get();
  }

  public static long made() {
    return MADE.get();
  }
}
