package dev.embark.spark.models;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Daemon thread that periodically frees idle engines. */
final class IdleClock implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IdleClock.class);
  private static final int CHECKS = 4; // checks per idle time

  private final ScheduledExecutorService thread;

  private IdleClock(ScheduledExecutorService thread) {
    this.thread = thread;
  }

  /**
   * Starts the thread.
   *
   * @param time idle time after which engines are freed
   * @param free receives {@code time}; its exceptions are logged and do not stop the thread
   */
  static IdleClock start(Duration time, Consumer<Duration> free) {
    ScheduledExecutorService thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread daemon = new Thread(task, "embark-idle");
              daemon.setDaemon(true);
              return daemon;
            });
    long period = Math.max(1, time.toMillis() / CHECKS);
    var unused =
        thread.scheduleWithFixedDelay(
            () -> {
              try {
                free.accept(time);
              } catch (RuntimeException | Error e) {
                // An exception would end the periodic execution.
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

  /** Ends the thread after the current call. */
  @Override
  public void close() {
    thread.shutdown();
  }
}
