package dev.embark.store.web;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Retries transient failures with exponential backoff. A server that was not reached at all is
 * tried only twice, so that a machine without a network fails within seconds.
 */
final class Retries {
  private static final Logger LOG = LoggerFactory.getLogger(Retries.class);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final Duration LONGEST_WISH = Duration.ofMinutes(2);
  private static final int ATTEMPTS_TO_CONNECT = 2;

  private final int attempts;
  private final Duration firstPause;

  Retries(HubSettings settings) {
    this.attempts = settings.attempts();
    this.firstPause = settings.firstPause();
  }

  /** The operation to retry. */
  interface Attempt<T> {
    T run() throws IOException;
  }

  /** Progress of the operation; progress resets the failure count. */
  interface Transferred {
    long bytes() throws IOException;
  }

  /**
   * Runs an attempt until it succeeds or fails permanently.
   *
   * @param name for the log
   * @throws IOException of the last attempt, or of a permanent failure
   */
  <T> T run(String name, Transferred transferred, Attempt<T> attempt) throws IOException {
    int failures = 0;
    long before = transferred.bytes();
    long most = before;
    while (true) {
      try {
        return attempt.run();
      } catch (HubClient.Refused | FileNotFoundException | InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        failures = transferred.bytes() > most ? 1 : failures + 1;
        most = Math.max(most, transferred.bytes());
        boolean unreached = e instanceof Unreachable && most == before;
        pauseOrGiveUp(name, failures, unreached ? ATTEMPTS_TO_CONNECT : attempts, e);
      }
    }
  }

  private void pauseOrGiveUp(String name, int failures, int most, IOException e)
      throws IOException {
    if (failures >= Math.min(most, attempts)) {
      throw e instanceof Unreachable
          ? e
          : new IOException(message(e) + "; gave up after " + failures + " attempts", e);
    }
    // Jitter spreads the retries of executors that failed at the same time.
    long pause = pause(failures, ThreadLocalRandom.current().nextDouble(0.8, 1.2), e);
    LOG.warn("{}: {}; trying again in {} ms", name, message(e), pause);
    try {
      Thread.sleep(pause);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  /** The pause before the next attempt in milliseconds; at least the one that a server asks for. */
  long pause(int failures, double jitter, IOException e) {
    double millis = firstPause.toMillis() * Math.pow(2, failures - 1) * jitter;
    long own = (long) Math.min(millis, LONGEST_PAUSE.toMillis());
    return e instanceof Busy busy
        ? Math.max(own, Math.min(busy.wish().toMillis(), LONGEST_WISH.toMillis()))
        : own;
  }

  private static String message(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
