package dev.embark.engine.batch;

import dev.embark.engine.rows.EmbarkException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Queue of sequences from all tasks that wait for a batch; bounded in tokens.
 *
 * <p>Batches take from the tasks in turn, so that a task with much work does not delay the others,
 * and skip a sequence that does not fit in favour of another task's. Thread-safe.
 */
public final class SequenceQueue {
  private static final long WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(3);
  private static final long LOOK_MILLIS = 20; // polls for cancellation while full
  private static final int BATCHES = 64; // capacity of the queue per reader

  private final Packing packing;
  private final int budget;
  private final int maxSequences;
  private final long limit;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Condition room = lock.newCondition();
  private final Deque<Source> sources = new ArrayDeque<>(); // round-robin order
  private long tokens;
  private int waiting; // number of sequences
  private boolean closed;

  /**
   * Creates a queue.
   *
   * @param budget tokens per batch; a longer sequence gets its own batch
   * @param readers number of threads that take batches
   */
  public SequenceQueue(Packing packing, int budget, int maxSequences, int readers) {
    this.packing = packing;
    this.budget = budget;
    this.maxSequences = maxSequences;
    this.limit = (long) budget * BATCHES * readers;
  }

  /**
   * A queued sequence.
   *
   * @param ticket ticket of its window
   * @param sequence index within that window
   * @param parts those with a vector of their own, as in {@link
   *     dev.embark.llama.TokenizedTexts#parts}
   */
  public record Waiting(Ticket ticket, int sequence, int[] ids, int[] parts) {
    private int places() {
      return 1 + parts.length / 2;
    }
  }

  private static final class Source {
    final Ticket ticket;
    final Deque<Waiting> sequences = new ArrayDeque<>();

    Source(Ticket ticket) {
      this.ticket = ticket;
    }
  }

  /**
   * Adds a sequence, waiting until there is room.
   *
   * @throws EmbarkException of kind CANCELLED
   * @throws IllegalStateException when the queue is closed
   */
  public void add(Waiting sequence, BooleanSupplier isCancelled) {
    lock.lock();
    try {
      while (!closed && tokens > 0 && tokens + sequence.ids().length > limit) {
        if (isCancelled.getAsBoolean()) {
          throw EmbarkException.cancelled();
        }
        room.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
      if (closed) {
        throw new IllegalStateException("The shared encoder is closed.");
      }
      source(sequence.ticket()).sequences.add(sequence);
      tokens += sequence.ids().length;
      waiting++;
      changed.signal();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw EmbarkException.cancelled();
    } finally {
      lock.unlock();
    }
  }

  private Source source(Ticket ticket) {
    for (Iterator<Source> latest = sources.descendingIterator(); latest.hasNext(); ) {
      Source source = latest.next();
      if (source.ticket == ticket) {
        return source;
      }
    }
    Source added = new Source(ticket);
    sources.addLast(added);
    return added;
  }

  /** Removes the sequences of a window that are still queued. */
  public void remove(Ticket ticket) {
    lock.lock();
    try {
      for (Iterator<Source> each = sources.iterator(); each.hasNext(); ) {
        Source source = each.next();
        if (source.ticket == ticket) {
          source.sequences.forEach(this::forget);
          each.remove();
        }
      }
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the next batch: as soon as it is full, or otherwise a few milliseconds after its first
   * sequence arrived.
   *
   * @return empty when the queue is closed or the thread was interrupted, which has no other effect
   */
  public List<Waiting> take() {
    lock.lock();
    try {
      while (sources.isEmpty() && !closed) {
        changed.await();
      }
      long left = WAIT_NANOS;
      while (tokens < budget && waiting < maxSequences && left > 0 && !closed) {
        left = changed.awaitNanos(left);
      }
      List<Waiting> batch = closed ? List.of() : fill();
      room.signalAll();
      return batch;
    } catch (InterruptedException e) {
      return List.of(); // the flag stays cleared so that the next call waits again
    } finally {
      lock.unlock();
    }
  }

  private List<Waiting> fill() {
    List<Waiting> batch = new ArrayList<>();
    long filled = 0;
    int taken = 0;
    int longest = 0;
    int passedOver = 0;
    while (passedOver < sources.size() && taken < maxSequences) {
      Source source = sources.pollFirst();
      int length = source.sequences.peek().ids().length;
      boolean fits =
          batch.isEmpty()
              || filled + length <= budget
                  && taken + source.sequences.peek().places() <= maxSequences
                  && packing.together(Math.min(longest, length), Math.max(longest, length));
      if (fits) {
        Waiting next = source.sequences.poll();
        forget(next);
        batch.add(next);
        filled += length;
        taken += next.places();
        longest = Math.max(longest, length);
        passedOver = 0;
      } else {
        passedOver++;
      }
      if (!source.sequences.isEmpty()) {
        sources.addLast(source);
      }
    }
    return batch;
  }

  public boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the number of queued sequences. */
  public int waiting() {
    lock.lock();
    try {
      return waiting;
    } finally {
      lock.unlock();
    }
  }

  private void forget(Waiting sequence) {
    tokens -= sequence.ids().length;
    waiting--;
  }

  /** Closes the queue, wakes all waiting threads and returns the remaining sequences. */
  public List<Waiting> close() {
    lock.lock();
    try {
      closed = true;
      List<Waiting> left = new ArrayList<>();
      sources.forEach(source -> left.addAll(source.sequences));
      sources.clear();
      waiting = 0;
      tokens = 0;
      changed.signalAll();
      room.signalAll();
      return left;
    } finally {
      lock.unlock();
    }
  }
}
