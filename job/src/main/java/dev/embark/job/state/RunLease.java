package dev.embark.job.state;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.job.cli.Failures;
import dev.embark.job.cli.UserError;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.Path;

/**
 * Keeps two processes from writing to one output at once: the file {@code _embark/lock.json}, which
 * its holder writes anew every few seconds.
 *
 * <p>What a killed process left behind differs from the lock of a living one in that it no longer
 * changes. Whoever finds one watches it, and takes it over if it stays as it is: so no clocks are
 * compared, and no process on another host has to be asked. A holder that stood still for longer
 * than that learns by {@link #confirm} that it has lost the lock, before it writes; one whose beat
 * stood still, by {@link LeasedOutput}.
 *
 * <p>For any thread.
 */
final class RunLease implements AutoCloseable {
  private static final Duration BEAT = Duration.ofSeconds(5);
  private static final Duration PATIENCE = BEAT.multipliedBy(3);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final StateFolder state;
  private final Path file;
  private final Holder holder;
  private final ScheduledExecutorService beats;
  private boolean isTorn; // by this process, which failed to write it

  /** Who holds a lock. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Holder(String id, String user, String host, long process, String since) {
    static Holder self() {
      return new Holder(
          UUID.randomUUID().toString(),
          System.getProperty("user.name"),
          hostName(),
          ProcessHandle.current().pid(),
          Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    }

    private static String hostName() {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException e) {
        return "an unknown host";
      }
    }

    @Override
    public String toString() {
      return "by %s on %s, process %d, since %s".formatted(user, host, process, since);
    }
  }

  private RunLease(StateFolder state, Duration beat, Duration patience, Consumer<String> warnings) {
    this.state = state;
    this.file = state.path("lock.json");
    this.holder = Holder.self();
    try {
      if (!create()) {
        takeOver(patience, warnings);
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
    this.beats =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "embark-lock");
              thread.setDaemon(true);
              return thread;
            });
    beats.scheduleAtFixedRate(this::beat, beat.toMillis(), beat.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Takes the lock of an output. If a killed process has left it locked, blocks for some seconds,
   * and says so as a warning.
   *
   * @throws UserError if another process holds it, or nothing can be written there
   */
  static RunLease take(StateFolder state, Consumer<String> warnings) {
    return new RunLease(state, BEAT, PATIENCE, warnings);
  }

  /** The same with other times, for tests. */
  static RunLease take(
      StateFolder state, Duration beat, Duration patience, Consumer<String> warnings) {
    return new RunLease(state, beat, patience, warnings);
  }

  private boolean create() throws IOException {
    if (state.plainFiles().exists(file)) {
      return false;
    }
    try {
      write(false);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }

  private void write(boolean replaces) throws IOException {
    try (OutputStream out = state.plainFiles().create(file, replaces)) {
      out.write(JSON.writeValueAsBytes(holder));
    }
  }

  private void takeOver(Duration patience, Consumer<String> warnings) throws IOException {
    String other = heldBy();
    warnings.accept(
        "another run %s has not ended its work on %s; waiting %d s to see whether it is alive"
            .formatted(other, state.output(), patience.toSeconds()));
    long found = lastBeat();
    // Counted, not timed: where the file system stands still, the other cannot write, either.
    for (long look = 0; look < patience.dividedBy(BETWEEN_LOOKS); look++) {
      pause();
      long now = lastBeat();
      if (now == 0 && create()) {
        return; // it has just ended
      }
      if (now != found) {
        throw new UserError(
            "Another run %s is writing to %s; wait until it has ended, or choose another --output"
                .formatted(other, state.output()));
      }
    }
    write(true);
  }

  private static void pause() {
    try {
      Thread.sleep(BETWEEN_LOOKS.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("Interrupted while another run held the output", e);
    }
  }

  /** When the file was written, by its file system's clock; 0 if it is not there. */
  private long lastBeat() throws IOException {
    try {
      return state.plainFiles().getFileStatus(file).getModificationTime();
    } catch (FileNotFoundException e) {
      return 0;
    }
  }

  private String heldBy() {
    try {
      return read().toString();
    } catch (IOException e) {
      return "by a process that is not known"; // caught while it wrote, or gone
    }
  }

  private Holder read() throws IOException {
    try (InputStream in = state.plainFiles().open(file)) {
      return JSON.readValue(in, Holder.class);
    }
  }

  private synchronized void beat() {
    try {
      if (isMine()) {
        isTorn = true;
        write(true);
        isTorn = false;
      }
    } catch (Exception | FSError e) {
      // The next beat may get through; if none does, confirm() tells.
    }
  }

  private boolean isMine() throws IOException {
    try {
      return read().id().equals(holder.id());
    } catch (FileNotFoundException e) {
      return false;
    } catch (JsonProcessingException | EOFException e) {
      if (isTorn) {
        return true;
      }
      throw e;
    }
  }

  /**
   * Makes sure that this process may write still.
   *
   * @throws UserError if it may not
   */
  synchronized void confirm() {
    try {
      if (!isMine()) {
        throw lost();
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Returns what to throw where another process has taken over. */
  UserError lost() {
    return new UserError(
        "Another run took over %s, as happens if this one stands still for long or both begin at once; this one stops here, so that no row is written twice"
            .formatted(state.output()));
  }

  /** Whether no other process has taken the lock over, as far as can be seen. */
  synchronized boolean isHeld() {
    try {
      return isMine();
    } catch (IOException e) {
      return true;
    }
  }

  private UserError unwritable(IOException cause) {
    return new UserError(
        "Cannot lock %s by writing %s (%s)"
            .formatted(state.output(), file, Failures.sentence(cause)),
        cause);
  }

  /** Gives the output free; it is left as it was if nothing else was written there. */
  @Override
  public synchronized void close() {
    beats.shutdownNow();
    try {
      if (isMine()) {
        state.plainFiles().delete(file, false);
        state.deleteIfEmpty();
      }
    } catch (IOException e) {
      // Whoever comes next finds that it no longer changes.
    }
  }
}
