package dev.embark.job.run;

import java.util.Optional;

/**
 * How a run ended.
 *
 * @param state whether it did all that it was to do, and if not, whose wish that was
 * @param error a sentence that says why, and how to carry on; empty if it is done
 */
public record RunEnd(State state, Optional<String> error) {
  /** All waves are in the output. */
  public static final RunEnd DONE = new RunEnd(State.DONE, Optional.empty());

  /** Whether a run did all that it was to do. */
  public enum State {
    /** It did. */
    DONE,
    /** Something went wrong. */
    FAILED,
    /** Its process was asked to end. */
    STOPPED
  }
}
