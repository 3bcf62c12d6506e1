package dev.embark.job.cli;

/**
 * A failure that the user can fix. Its message is one sentence that says what happened, to which
 * path, column or option, and what to do. It is shown without a stack trace.
 */
public final class UserError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates an error with a message for the user. */
  public UserError(String message) {
    super(message);
  }

  /** Creates an error with a message for the user; {@code --verbose} also shows {@code cause}. */
  public UserError(String message, Throwable cause) {
    super(message, cause);
  }
}
