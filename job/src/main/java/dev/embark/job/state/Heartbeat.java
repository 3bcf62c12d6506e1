package dev.embark.job.state;

import dev.embark.job.cli.UserError;
import dev.embark.job.files.ObjectStores;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.hadoop.fs.Path;

/**
 * Sign of life of the process that holds the lease: the file {@code _embark/lock.json}, which it
 * rewrites at an interval and deletes when it releases the lease. Without the file, nobody holds
 * the lease.
 *
 * <p>Thread-safe.
 */
final class Heartbeat implements AutoCloseable {
  private static final int MILLIS_BETWEEN_LOOKS = 100; // at least
  private static final int LOOKS = 150; // at most, each of which may be a billed request

  private final StateFolder state;
  private final Path file;
  private final LeaseHolder holder;
  private final ScheduledExecutorService beats =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "embark-lock");
            thread.setDaemon(true);
            return thread;
          });

  Heartbeat(StateFolder state, LeaseHolder holder) {
    this.state = state;
    this.file = state.path("lock.json");
    this.holder = holder;
  }

  /** Writes the file once. */
  void beat() throws IOException {
    try (OutputStream out = ObjectStores.create(state.plainFiles(), file)) {
      out.write(StateFolder.JSON.writeValueAsBytes(holder));
    }
  }

  /** Repeats a piece of work at an interval, until {@link #close}. */
  void every(Duration interval, Runnable work) {
    var unused =
        beats.scheduleAtFixedRate(
            work, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Returns the file's modification time by the clock of its file system; 0 if it does not exist.
   */
  private long last() throws IOException {
    try {
      return state.plainFiles().getFileStatus(file).getModificationTime();
    } catch (FileNotFoundException e) {
      return 0;
    }
  }

  boolean isThere() throws IOException {
    return last() != 0;
  }

  /** Describes the process that wrote the file. */
  String holder() {
    try (InputStream in = state.plainFiles().open(file)) {
      return StateFolder.JSON.readValue(in, LeaseHolder.class).toString();
    } catch (IOException e) {
      return "by a process that is not known"; // the file is being rewritten or was deleted
    }
  }

  /**
   * Returns whether the holder has stopped without releasing the lease; false if it has released
   * it.
   *
   * @param other description of the holder
   * @param patience time without a renewal after which the holder counts as stopped
   * @throws UserError if the holder is alive
   */
  boolean hasStopped(String other, Duration patience, Consumer<String> warnings)
      throws IOException {
    warnings.accept(
        "another run %s has not ended its work on %s; waiting %d s to see whether it is alive"
            .formatted(other, state.output(), patience.toSeconds()));
    long found = last();
    // Counts looks instead of elapsed time: while the file system hangs, the holder cannot renew
    // either.
    long millis = Math.max(MILLIS_BETWEEN_LOOKS, patience.dividedBy(LOOKS).toMillis());
    for (long look = 0; look < patience.toMillis() / millis; look++) {
      pause(millis);
      long now = last();
      if (now == 0) {
        return false;
      }
      if (now != found) {
        throw new UserError(
            "Another run %s is writing to %s; wait until it has ended, or choose another --output"
                .formatted(other, state.output()));
      }
    }
    return true;
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("Interrupted while another run held the output", e);
    }
  }

  void delete() throws IOException {
    state.plainFiles().delete(file, false);
  }

  /** Ends the renewal; keeps the file. */
  @Override
  public void close() {
    beats.shutdownNow();
  }
}
