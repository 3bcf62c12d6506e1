package dev.embark.store.web;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Closes a stream that has delivered no data for too long, which ends the blocked read. The JDK's
 * HTTP client has no timeout for response bodies.
 */
final class StallGuard implements AutoCloseable {
  private static final ScheduledExecutorService CLOCK =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "embark-stall-guard");
            thread.setDaemon(true);
            return thread;
          });

  private final InputStream stream;
  private final long limitNanos;
  private final ScheduledFuture<?> watch;
  private volatile long alive = System.nanoTime();
  private volatile boolean stalled;

  StallGuard(InputStream stream, Duration limit) {
    this.stream = stream;
    this.limitNanos = limit.toNanos();
    long period = Math.max(1, limit.toMillis() / 4);
    this.watch = CLOCK.scheduleWithFixedDelay(this::look, period, period, TimeUnit.MILLISECONDS);
  }

  /** Records that data has arrived. */
  void alive() {
    alive = System.nanoTime();
  }

  /** Whether the guard closed the stream. */
  boolean stalled() {
    return stalled;
  }

  private void look() {
    if (System.nanoTime() - alive > limitNanos) {
      stalled = true;
      watch.cancel(false);
      try {
        stream.close();
      } catch (IOException e) {
        // The blocked read ends in either case.
      }
    }
  }

  @Override
  public void close() {
    watch.cancel(false);
  }
}
