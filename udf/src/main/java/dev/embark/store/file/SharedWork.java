package dev.embark.store.file;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Cache of results that are computed once per key, by the first thread that needs them. Other
 * threads that need the same key wait for that thread. A failure is thrown to all of them and is
 * not cached. If the computing thread is stopped, such as by a killed task, only that thread fails
 * and one of the waiting threads computes the result. Safe for any thread.
 *
 * @param <K> type of the keys
 * @param <V> type of the results
 */
public final class SharedWork<K, V> {
  private final ConcurrentMap<K, Work> works = new ConcurrentHashMap<>();

  /** Creates an empty cache. */
  public SharedWork() {}

  /**
   * Returns the result for a key.
   *
   * @param compute computes the result in this thread, unless it is cached or being computed
   * @throws ExecutionException with the exception of the computation as its cause
   * @throws InterruptedException if this thread is interrupted while another thread computes
   */
  public V get(K key, Callable<V> compute) throws ExecutionException, InterruptedException {
    Work own = new Work(key, compute);
    while (true) {
      Work work = works.computeIfAbsent(key, k -> own);
      if (work == own) {
        own.run();
        return own.get();
      }
      try {
        return work.get();
      } catch (ExecutionException e) {
        if (!work.stopped) {
          throw e;
        }
      }
    }
  }

  /** Removes a result unless the key has another result by now. */
  public void remove(K key, V result) {
    works.computeIfPresent(key, (k, work) -> work.result == result ? null : work);
  }

  /** Returns the number of results that are cached or being computed. */
  public int size() {
    return works.size();
  }

  private final class Work extends FutureTask<V> {
    private final K key;
    private volatile V result;
    private volatile boolean stopped;

    Work(K key, Callable<V> compute) {
      super(compute);
      this.key = key;
    }

    @Override
    protected void set(V computed) {
      result = computed;
      super.set(computed);
    }

    @Override
    protected void setException(Throwable error) {
      stopped = Thread.currentThread().isInterrupted() || isStop(error);
      works.remove(
          key, this); // before waiting threads wake up, so that a later call computes again
      super.setException(error);
    }
  }

  /** Returns whether the thread was stopped, even if its interrupt flag is cleared. */
  private static boolean isStop(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof InterruptedException
          || cause instanceof ClosedByInterruptException
          || (cause instanceof EmbarkException e && e.kind() == Kind.CANCELLED)) {
        return true;
      }
    }
    return false;
  }
}
