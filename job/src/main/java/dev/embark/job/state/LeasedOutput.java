package dev.embark.job.state;

import dev.embark.job.cli.UserError;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FSError;

/**
 * An output that this process has the exclusive right to write, with its state.
 *
 * <p>Owned by the thread of the run.
 */
public final class LeasedOutput implements AutoCloseable {
  private final StateFolder state;
  private final RunLease lease;

  private LeasedOutput(StateFolder state, RunLease lease) {
    this.state = state;
    this.lease = lease;
  }

  /**
   * Acquires the lease of an output with its state.
   *
   * @throws UserError if another process holds the lease, or the output is not readable and
   *     writable
   */
  public static LeasedOutput take(StateFolder state, Consumer<String> warnings) {
    RunLease lease = RunLease.take(state, warnings);
    try {
      LegacyManifest.mark(state, lease.manifest());
      return new LeasedOutput(state, lease);
    } catch (RuntimeException | FSError e) {
      lease.close();
      throw e;
    }
  }

  public StateFolder state() {
    return state;
  }

  /** Returns the manifest as last read or saved by this process. */
  public Manifest manifest() {
    return lease.manifest();
  }

  /**
   * Verifies that this process still holds the output. Must be called before each externally
   * visible step.
   *
   * @throws UserError if another process has taken over
   */
  public void confirm() {
    lease.confirm();
  }

  /**
   * Adds a version of the state to the log.
   *
   * @throws UserError if another process has taken over, or the log cannot be written
   */
  public void save(Manifest changed) {
    lease.append(changed);
  }

  /** Returns whether the lease has not visibly been taken over. */
  public boolean isHeld() {
    return lease.isHeld();
  }

  /** Releases the lease. */
  @Override
  public void close() {
    lease.close();
  }
}
