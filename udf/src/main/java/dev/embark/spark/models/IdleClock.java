package dev.embark.spark.models;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Frees what has been idle for some time, again and again, on a thread of its own. */
final class IdleClock implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IdleClock.class);
  private static final int LOOKS = 4; // within the time

  private final ScheduledExecutorService thread;

  private IdleClock(ScheduledExecutorService thread) {
    this.thread = thread;
  }

  /**
   * Starts the thread.
   *
   * @param time after which something is to be freed
   * @param free is given {@code time}; what it throws is logged, and it is called again
   */
  static IdleClock start(Duration time, Consumer<Duration> free) {
    ScheduledExecutorService thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread daemon = new Thread(task, "embark-idle");
              daemon.setDaemon(true);
              return daemon;
            });
    long period = Math.max(1, time.toMillis() / LOOKS);
    thread.scheduleWithFixedDelay(
        () -> {
          try {
            free.accept(time);
          } catch (RuntimeException | Error e) {
            // The scheduler would never call again.
            LOG.warn(
                "Idle engines could not be freed; the next attempt is in {} ms: {}",
                period,
                e.toString());
          }
        },
        period,
        period,
        TimeUnit.MILLISECONDS);
    return new IdleClock(thread);
  }

  /** Ends the thread, after a call that is running. */
  @Override
  public void close() {
    thread.shutdown();
  }
}
