package dev.embark.job.state;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.UserError;
import dev.embark.job.files.ObjectStores;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FSError;

/**
 * Exclusive lease of a process on an output. Each version of the {@link StateLog} names its holder,
 * and a process takes the lease by adding the next version: of several that try at once, one
 * succeeds. A process holds the lease while no version follows its own, so one that lost the lease
 * can neither record nor, after {@link #confirm}, publish anything.
 *
 * <p>The holder shows that it is alive by a {@link Heartbeat}. A contender takes the lease over if
 * it sees none for three intervals. No clocks are compared and no other host is contacted.
 *
 * <p>Thread-safe.
 */
final class RunLease implements AutoCloseable {
  private static final Duration BEAT = Duration.ofSeconds(5);

  /** On an object store, where each renewal is two billed requests. */
  private static final Duration BEAT_IN_STORE = Duration.ofSeconds(20);

  private static final int BEATS_OF_PATIENCE = 3;
  private static final int STARTS = 5; // that coincide with starts of other processes
  static final int KEPT = 50; // versions that are kept at least, to show what happened

  private final StateFolder state;
  private final StateLog log;
  private final LeaseHolder holder = LeaseHolder.self();
  private final Heartbeat heartbeat;

  // The newest version, which this process has added.
  private long head;
  private Manifest manifest;
  private boolean released;

  private RunLease(StateFolder state, Duration beat, Duration patience, Consumer<String> warnings) {
    this.state = state;
    this.log = state.log();
    this.heartbeat = new Heartbeat(state, holder);
    try {
      acquire(patience, warnings);
    } catch (IOException e) {
      throw unwritable(e);
    }
    heartbeat.every(beat, this::renew);
  }

  /**
   * Acquires the lease of an output. If a killed process left its heartbeat, blocks for up to 15
   * seconds, or 60 on an object store, and reports that as a warning.
   *
   * @throws UserError if another process holds the lease, or the log cannot be written
   */
  static RunLease take(StateFolder state, Consumer<String> warnings) {
    Duration beat = ObjectStores.isOne(state.plainFiles()) ? BEAT_IN_STORE : BEAT;
    return take(state, beat, beat.multipliedBy(BEATS_OF_PATIENCE), warnings);
  }

  /** Acquires the lease with other intervals, for tests. */
  static RunLease take(
      StateFolder state, Duration beat, Duration patience, Consumer<String> warnings) {
    return new RunLease(state, beat, patience, warnings);
  }

  private void acquire(Duration patience, Consumer<String> warnings) throws IOException {
    for (int start = 0; start < STARTS; ) {
      StateLog.Version base = log.newest();
      Manifest found = state.manifest(base);
      // After a first attempt, the file may be this process's own; then only the log counts.
      boolean isTaken = heartbeat.isThere() && (start == 0 || base.lease().isPresent());
      if (isTaken && !heartbeat.hasStopped(holderOf(base), patience, warnings)) {
        continue; // the holder has just released the lease
      }
      try {
        heartbeat.beat();
      } catch (FileNotFoundException e) {
        // The previous holder had nothing to keep and removed the folder meanwhile.
        if (++start == STARTS) {
          throw e;
        }
        continue;
      }
      long next = base.number() + 1;
      if (log.append(next, StateLog.Content.of(holder, found))) {
        if (log.follows(next, base.number())) {
          head = next;
          manifest = found;
          warnIfOnTrust(warnings);
          return;
        }
        // The previous holder had nothing to keep and removed the log meanwhile.
        log.delete(next);
      }
      start++;
    }
    throw new UserError(
        "Other runs are starting on %s at the same time; wait until they have ended, or choose another --output"
            .formatted(state.output()));
  }

  private String holderOf(StateLog.Version version) {
    // Without a lease in the log, it is an earlier version of Embark, or a process that is
    // starting.
    return version.lease().map(LeaseHolder::toString).orElseGet(heartbeat::holder);
  }

  private void warnIfOnTrust(Consumer<String> warnings) throws IOException {
    if (!ExclusiveFile.isAtomic(state.plainFiles(), state.path())) {
      warnings.accept(
          "the file system of %s cannot create a file only if it is absent, which S3A can from Hadoop 3.4.2 on, so two runs that start on this output at the same moment could both write to it; start one after the other"
              .formatted(state.output()));
    }
  }

  private synchronized void renew() {
    try {
      if (isMine()) {
        heartbeat.beat();
      }
    } catch (Exception | FSError e) {
      // The next renewal may succeed; if none does, another process takes the lease over.
    }
  }

  private boolean isMine() throws IOException {
    return !released && !log.isFollowed(head);
  }

  /** Returns the state as last found or added by this process. */
  synchronized Manifest manifest() {
    return manifest;
  }

  /**
   * Adds a version with a new state.
   *
   * @throws UserError if another process has taken the lease over, or the log cannot be written
   */
  synchronized void append(Manifest changed) {
    try {
      if (!log.append(head + 1, StateLog.Content.of(holder, changed))) {
        throw lost();
      }
      head++;
      manifest = changed;
      if (head % KEPT == 0) {
        log.deleteUpTo(head - KEPT);
      }
    } catch (IOException e) {
      throw new UserError("Cannot write to %s (%s)".formatted(state, Failures.sentence(e)), e);
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

  private UserError lost() {
    return new UserError(
        "Another run took over %s, because this run was suspended for too long; this run stops here, so that no row is written twice"
            .formatted(state.output()));
  }

  /** Returns whether the lease is neither released nor visibly taken over. */
  synchronized boolean isHeld() {
    try {
      return isMine();
    } catch (IOException e) {
      return true;
    }
  }

  private UserError unwritable(IOException cause) {
    return new UserError(
        "Cannot lock %s by writing to %s (%s)"
            .formatted(state.output(), state, Failures.sentence(cause)),
        cause);
  }

  /** Releases the lease; removes the log and the state folder if they hold nothing. */
  @Override
  public synchronized void close() {
    heartbeat.close();
    try {
      if (isMine()) {
        release();
        heartbeat.delete();
        state.deleteIfEmpty();
      }
      released = true;
    } catch (IOException | FSError e) {
      // The next process takes the lease over once it finds the heartbeat unchanged.
    }
  }

  private void release() {
    try {
      if (manifest.equals(Manifest.EMPTY)) {
        LegacyManifest.unmark(state);
        log.deleteUpTo(head);
      } else {
        log.append(head + 1, StateLog.Content.of(null, manifest));
      }
    } catch (IOException | FSError e) {
      // On a full disk, the missing heartbeat shows that the lease is released.
    }
  }
}
