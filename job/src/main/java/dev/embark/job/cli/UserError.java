package dev.embark.job.cli;

/**
 * A failure that the user can mend: its message is one sentence that says what happened, to which
 * path, column or option, and what to do. It is shown without a stack trace.
 */
public final class UserError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes an error with a sentence for the user. */
  public UserError(String message) {
    super(message);
  }

  /** Makes an error with a sentence for the user; {@code cause} is shown with --verbose. */
  public UserError(String message, Throwable cause) {
    super(message, cause);
  }
}
