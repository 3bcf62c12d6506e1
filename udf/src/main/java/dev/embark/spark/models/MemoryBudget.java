package dev.embark.spark.models;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;

/**
 * Tracks the native memory of models and contexts and refuses reservations beyond the limit. Safe
 * for any thread.
 */
final class MemoryBudget {
  private static final long MB = 1L << 20;

  private final MemoryLimit limit;
  private long used;

  MemoryBudget(MemoryLimit limit) {
    this.limit = limit;
  }

  /** Frees one idle resource; false if there is none. */
  interface Reclaim {
    boolean some();
  }

  /** Reserved bytes, released by {@link #close()}. */
  final class Reservation implements AutoCloseable {
    private long bytes;

    private Reservation() {}

    /**
     * Grows the reservation, or shrinks it for a negative size; parameters as for {@link #reserve}.
     *
     * @throws EmbarkException of kind OUT_OF_MEMORY; the reservation is unchanged
     */
    void add(String what, long more, long sufficient, Reclaim reclaim) {
      while (!take(more)) {
        if (!reclaim.some()) {
          throw refusal(what, more, sufficient);
        }
      }
    }

    private boolean take(long more) {
      synchronized (MemoryBudget.this) {
        if (more > 0 && used + more > limit.bytes()) {
          return false;
        }
        used += more;
        bytes += more;
        return true;
      }
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
   * Reserves memory, and frees idle resources if necessary.
   *
   * @param what the purpose, for the message
   * @param sufficient the limit that would be sufficient for all concurrent tasks, in bytes
   * @throws EmbarkException of kind OUT_OF_MEMORY, before any allocation
   */
  Reservation reserve(String what, long bytes, long sufficient, Reclaim reclaim) {
    Reservation reservation = new Reservation();
    reservation.add(what, bytes, sufficient, reclaim);
    return reservation;
  }

  private EmbarkException refusal(String what, long bytes, long sufficient) {
    return new EmbarkException(
        Kind.OUT_OF_MEMORY,
        what
            + " needs "
            + mb(bytes)
            + ", but "
            + mb(used())
            + " of "
            + mb(limit.bytes())
            + " outside the heap are in use: "
            + limit.advice(sufficient)
            + ".");
  }

  /** An empty reservation, for memory that is accounted elsewhere. */
  Reservation none() {
    return new Reservation();
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
