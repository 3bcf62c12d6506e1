package dev.embark.engine.batch;

import dev.embark.engine.rows.EmbarkException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;

/** Mailbox in which the results of a window arrive while its task waits. Thread-safe. */
public final class Ticket {
  private static final long LOOK_MILLIS = 20;

  private final Deque<Result> results = new ArrayDeque<>();

  /**
   * Result of one sequence.
   *
   * @param vector pooled vector, or null
   * @param error reason for a missing vector, or null
   * @param batches 1 for the first sequence of a batch, otherwise 0, so that each batch counts once
   * @param capacity share of the sequence in the capacity of its batch, in tokens
   */
  public record Result(
      int sequence, float[] vector, EmbarkException error, int batches, long capacity) {}

  public synchronized void put(Result result) {
    results.add(result);
    notifyAll();
  }

  /** Wakes the waiting task so that it checks for cancellation. */
  public synchronized void wake() {
    notifyAll();
  }

  /**
   * Waits for the next result; results arrive in any order.
   *
   * @throws EmbarkException of kind CANCELLED
   */
  public synchronized Result take(BooleanSupplier isCancelled) {
    try {
      while (results.isEmpty()) {
        if (isCancelled.getAsBoolean()) {
          throw EmbarkException.cancelled();
        }
        wait(LOOK_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw EmbarkException.cancelled();
    }
    if (isCancelled.getAsBoolean()) {
      throw EmbarkException.cancelled();
    }
    return results.poll();
  }
}
