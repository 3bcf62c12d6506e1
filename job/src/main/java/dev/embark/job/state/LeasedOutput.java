package dev.embark.job.state;

import dev.embark.job.cli.UserError;
import java.util.function.Consumer;

/**
 * An output that this process alone writes to, with its manifest.
 *
 * <p>The lock alone does not tell that another process has it: a beat that hung until then may
 * write over that one's. So the manifest tells, too: if it is not as this process left it, another
 * has been at work here. The one whose lock was written over stops as well, and the next run
 * carries on.
 *
 * <p>For the thread of the run.
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
   * Takes an output's lock, and only then reads its manifest.
   *
   * @throws UserError if another process holds it, or nothing can be written there, or read
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

  /** Returns the manifest as it was read, or saved last. */
  public Manifest manifest() {
    return manifest;
  }

  /**
   * Makes sure that this process may write still; to be called before each step that others see.
   *
   * @throws UserError if it may not
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
   * @throws UserError if this process may write no more, or cannot
   */
  public void save(Manifest changed) {
    confirm();
    manifest = changed;
    state.save(changed);
  }

  /** Whether no other process has taken the lock over, as far as can be seen. */
  public boolean isHeld() {
    return lock.isHeld();
  }

  /** Gives the output free. */
  @Override
  public void close() {
    lock.close();
  }
}
