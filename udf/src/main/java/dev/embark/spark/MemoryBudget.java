package dev.embark.spark;

import dev.embark.engine.EmbeddingException;
import dev.embark.engine.EmbeddingException.Kind;

/** Counts what models and contexts take, and refuses what goes beyond. Safe for any thread. */
final class MemoryBudget {
  private static final long MB = 1L << 20;

  private final MemoryLimit limit;
  private long used;

  MemoryBudget(MemoryLimit limit) {
    this.limit = limit;
  }

  /** Frees something that nobody needs; false when there is nothing. */
  interface Reclaim {
    boolean some();
  }

  /** Some bytes, until it is closed. */
  final class Reservation implements AutoCloseable {
    private long bytes;

    private Reservation(long bytes) {
      this.bytes = bytes;
    }

    @Override
    public void close() {
      synchronized (MemoryBudget.this) {
        used -= bytes;
        bytes = 0;
      }
    }
  }

  /**
   * Reserves memory, for which idle things are freed if need be.
   *
   * @param what it is for
   * @param wouldDo what the limit would have to be for all tasks at once
   * @throws EmbeddingException of kind OUT_OF_MEMORY, before anything is allocated
   */
  Reservation reserve(String what, long bytes, long wouldDo, Reclaim reclaim) {
    while (true) {
      synchronized (this) {
        if (used + bytes <= limit.bytes()) {
          used += bytes;
          return new Reservation(bytes);
        }
      }
      if (!reclaim.some()) {
        throw new EmbeddingException(
            Kind.OUT_OF_MEMORY,
            what
                + " needs "
                + mb(bytes)
                + ", but of "
                + mb(limit.bytes())
                + " outside the heap "
                + mb(used())
                + " are in use: "
                + limit.advice(wouldDo)
                + ".");
      }
    }
  }

  synchronized long used() {
    return used;
  }

  int slots() {
    return limit.slots();
  }

  private static String mb(long bytes) {
    return (bytes + MB - 1) / MB + " MB";
  }
}
