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
 * Results by key, each computed once, in the thread that asks for it first; threads that ask for
 * the same key meanwhile wait for that one. A failure ends the wait of all of them and is not kept.
 * A thread that was stopped, as that of a killed task, fails alone: one of those that wait computes
 * the result in its place. Safe for any thread.
 *
 * @param <K> of keys
 * @param <V> of results
 */
public final class SharedWork<K, V> {
  private final ConcurrentMap<K, Work> works = new ConcurrentHashMap<>();

  /** Knows nothing yet. */
  public SharedWork() {}

  /**
   * The result of a key.
   *
   * @param compute runs in this thread, or not at all where the result is there or being computed
   * @throws ExecutionException with what the computation threw
   * @throws InterruptedException when this thread is interrupted while another one computes
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

  /** Forgets a result; one that was computed since under the same key stays. */
  public void remove(K key, V result) {
    works.computeIfPresent(key, (k, work) -> work.result == result ? null : work);
  }

  /** Results that are there or being computed. */
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
      works.remove(key, this); // before anybody hears of it, so that who comes next tries anew
      super.setException(error);
    }
  }

  /** Whether the thread was stopped, although it is not marked as interrupted any more. */
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
