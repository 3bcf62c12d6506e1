package dev.embark.spark.models;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;

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

    private Reservation() {}

    /**
     * Adds to it, or gives back what is less than nothing; as {@link #reserve}.
     *
     * @throws EmbarkException of kind OUT_OF_MEMORY; the reservation stays as it is
     */
    void add(String what, long more, long wouldDo, Reclaim reclaim) {
      while (!take(more)) {
        if (!reclaim.some()) {
          throw refusal(what, more, wouldDo);
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
   * Reserves memory, for which idle things are freed if need be.
   *
   * @param what it is for
   * @param wouldDo what the limit would have to be for all tasks at once
   * @throws EmbarkException of kind OUT_OF_MEMORY, before anything is allocated
   */
  Reservation reserve(String what, long bytes, long wouldDo, Reclaim reclaim) {
    Reservation reservation = new Reservation();
    reservation.add(what, bytes, wouldDo, reclaim);
    return reservation;
  }

  private EmbarkException refusal(String what, long bytes, long wouldDo) {
    return new EmbarkException(
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

  /** Nothing, for those who have it from elsewhere. */
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
