package dev.embark.store.web;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tries again what may go better the next time, with longer and longer pauses between. */
final class Retries {
  private static final Logger LOG = LoggerFactory.getLogger(Retries.class);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private final int attempts;
  private final Duration firstPause;

  Retries(HubSettings settings) {
    this.attempts = settings.attempts();
    this.firstPause = settings.firstPause();
  }

  /** What is tried. */
  interface Attempt<T> {
    T run() throws IOException;
  }

  /** How far it has come; failures count anew once there is more. */
  interface Gained {
    long bytes() throws IOException;
  }

  /**
   * @param name for the log
   * @throws IOException of the last attempt, or of one that a further one would not mend
   */
  <T> T run(String name, Gained gained, Attempt<T> attempt) throws IOException {
    int failures = 0;
    long most = gained.bytes();
    while (true) {
      try {
        return attempt.run();
      } catch (HubClient.Refused | FileNotFoundException | InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        failures = gained.bytes() > most ? 1 : failures + 1;
        most = Math.max(most, gained.bytes());
        pauseOrGiveUp(name, failures, e);
      }
    }
  }

  private void pauseOrGiveUp(String name, int failures, IOException e) throws IOException {
    if (failures >= attempts) {
      throw new IOException(message(e) + "; gave up after " + failures + " attempts", e);
    }
    // Jitter, so that executors that failed together do not come back together.
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
