package dev.embark.engine.batch;

import dev.embark.engine.rows.EmbarkException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;

/** Where the results of a window arrive while its task waits. Safe for any thread. */
public final class Ticket {
  private static final long LOOK_MILLIS = 20;

  private final Deque<Result> results = new ArrayDeque<>();

  /**
   * What became of a sequence.
   *
   * @param vector as pooled, or null
   * @param error why there is none, or null
   * @param batches 1 for the first sequence of a batch, so that each batch is counted once
   * @param capacity the sequence's share of what its batch could have held, in tokens
   */
  public record Result(
      int sequence, float[] vector, EmbarkException error, int batches, long capacity) {}

  public synchronized void put(Result result) {
    results.add(result);
    notifyAll();
  }

  /** Lets the one who waits look at whether it is cancelled. */
  public synchronized void wake() {
    notifyAll();
  }

  /**
   * The next result, in whatever order they come.
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
