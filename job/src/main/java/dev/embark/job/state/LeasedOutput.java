package dev.embark.job.state;

import dev.embark.job.cli.UserError;
import java.util.function.Consumer;

/**
 * An output that this process has the exclusive right to write, with its manifest.
 *
 * <p>The lease file alone does not prove ownership: a renewal that hung until the lease was taken
 * over may overwrite the new holder's file. The manifest is therefore checked, too: if it is not
 * the one this process wrote last, another process has written to the output. The process whose
 * lease file was overwritten stops as well, and the next run resumes.
 *
 * <p>Owned by the thread of the run.
 */
public final class LeasedOutput implements AutoCloseable {
  private final StateFolder state;
  private final RunLease lock;
  private Manifest manifest;

  private LeasedOutput(StateFolder state, RunLease lock) {
    this.state = state;
    this.lock = lock;
  }

  /**
   * Acquires the lease of an output and then reads its manifest.
   *
   * @throws UserError if another process holds the lease, or the output is not readable and
   *     writable
   */
  public static LeasedOutput take(StateFolder state, Consumer<String> warnings) {
    RunLease lock = RunLease.take(state, warnings);
    LeasedOutput held = new LeasedOutput(state, lock);
    try {
      held.manifest = state.load();
      return held;
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  public StateFolder state() {
    return state;
  }

  /** Returns the manifest as last read or saved by this process. */
  public Manifest manifest() {
    return manifest;
  }

  /**
   * Verifies that this process still holds the output. Must be called before each externally
   * visible step.
   *
   * @throws UserError if another process has taken over
   */
  public void confirm() {
    lock.confirm();
    if (!state.load().equals(manifest)) {
      throw lock.lost();
    }
  }

  /**
   * Replaces the manifest.
   *
   * @throws UserError if another process has taken over, or the manifest cannot be written
   */
  public void save(Manifest changed) {
    confirm();
    manifest = changed;
    state.save(changed);
  }

  /** Returns whether the lease has not visibly been taken over. */
  public boolean isHeld() {
    return lock.isHeld();
  }

  /** Releases the lease. */
  @Override
  public void close() {
    lock.close();
  }
}
