package dev.embark.store.web;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Retries transient failures with exponential backoff. */
final class Retries {
  private static final Logger LOG = LoggerFactory.getLogger(Retries.class);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

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
    long most = transferred.bytes();
    while (true) {
      try {
        return attempt.run();
      } catch (HubClient.Refused | FileNotFoundException | InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        failures = transferred.bytes() > most ? 1 : failures + 1;
        most = Math.max(most, transferred.bytes());
        pauseOrGiveUp(name, failures, e);
      }
    }
  }

  private void pauseOrGiveUp(String name, int failures, IOException e) throws IOException {
    if (failures >= attempts) {
      throw new IOException(message(e) + "; gave up after " + failures + " attempts", e);
    }
    // Jitter spreads the retries of executors that failed at the same time.
    double jitter = ThreadLocalRandom.current().nextDouble(0.8, 1.2);
    double millis = firstPause.toMillis() * Math.pow(2, failures - 1) * jitter;
    long pause = (long) Math.min(millis, LONGEST_PAUSE.toMillis());
    LOG.warn("{}: {}; trying again in {} ms", name, message(e), pause);
    try {
      Thread.sleep(pause);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  private static String message(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
