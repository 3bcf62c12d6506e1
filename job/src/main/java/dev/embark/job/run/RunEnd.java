package dev.embark.job.run;

import java.util.Optional;

/**
 * Outcome of a run.
 *
 * @param state whether the run completed, failed or was stopped
 * @param error sentence with the reason and how to resume; empty if the run completed
 */
public record RunEnd(State state, Optional<String> error) {
  /** Outcome of a run whose waves are all in the output. */
  public static final RunEnd DONE = new RunEnd(State.DONE, Optional.empty());

  /** Final state of a run. */
  public enum State {
    /** The run completed. */
    DONE,
    /** The run failed with an error. */
    FAILED,
    /** The run was stopped on request, such as by SIGTERM. */
    STOPPED
  }
}
