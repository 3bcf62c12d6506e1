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
 * Exclusive lease of a process on an output: the file {@code _embark/lock.json}, which the holder
 * rewrites every five seconds.
 *
 * <p>A contender watches the file's modification time and takes the lease over if it does not
 * change for three renewal intervals. No clocks are compared and no other host is contacted. A
 * holder that was suspended for longer detects the loss in {@link #confirm} before it writes; a
 * holder whose renewal hung detects it in {@link LeasedOutput}.
 *
 * <p>Thread-safe.
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
  private boolean isTorn; // whether the last write by this process failed midway

  /** Identity of a lease holder. */
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
    var unused =
        beats.scheduleAtFixedRate(
            this::beat, beat.toMillis(), beat.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Acquires the lease of an output. If a killed process left a lease file, blocks for up to 15
   * seconds and reports that as a warning.
   *
   * @throws UserError if another process holds the lease, or the lease file cannot be written
   */
  static RunLease take(StateFolder state, Consumer<String> warnings) {
    return new RunLease(state, BEAT, PATIENCE, warnings);
  }

  /** Acquires the lease with other intervals, for tests. */
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
    // Counts looks instead of elapsed time: while the file system hangs, the holder cannot renew
    // either.
    for (long look = 0; look < patience.dividedBy(BETWEEN_LOOKS); look++) {
      pause();
      long now = lastBeat();
      if (now == 0 && create()) {
        return; // the holder has just released it
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

  /**
   * Returns the file's modification time by the clock of its file system; 0 if it does not exist.
   */
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
      return "by a process that is not known"; // the file is being rewritten or was deleted
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
      // The next renewal may succeed; if none does, confirm() detects the loss.
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
   * Verifies that this process still holds the lease.
   *
   * @throws UserError if another process has taken it over
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

  /** Returns the error for a lease that another process has taken over. */
  UserError lost() {
    return new UserError(
        "Another run took over %s, because this run was suspended for too long or both started at once; this run stops here, so that no row is written twice"
            .formatted(state.output()));
  }

  /** Returns whether the lease has not visibly been taken over. */
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

  /** Releases the lease and removes the state folder if it is empty. */
  @Override
  public synchronized void close() {
    beats.shutdownNow();
    try {
      if (isMine()) {
        state.plainFiles().delete(file, false);
        state.deleteIfEmpty();
      }
    } catch (IOException e) {
      // The next process takes the lease over once it finds it unchanged.
    }
  }
}
