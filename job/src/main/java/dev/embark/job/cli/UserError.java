package dev.embark.job.cli;

/**
 * A failure that the user can fix. Its message is one sentence that says what happened, to which
 * path, column or option, and what to do. It is shown without a stack trace.
 */
public final class UserError extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int FAILED = 1;

  private final int exitCode;

  /** Creates an error with a message for the user. */
  public UserError(String message) {
    this(message, null);
  }

  /** Creates an error with a message for the user; {@code --verbose} also shows {@code cause}. */
  public UserError(String message, Throwable cause) {
    this(message, cause, FAILED);
  }

  private UserError(String message, Throwable cause, int exitCode) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /**
   * Returns the error of a command that a signal has stopped.
   *
   * @param exitCode 128 and the number of the signal, as shells report it
   */
  public static UserError stopped(String message, Throwable cause, int exitCode) {
    return new UserError(message, cause, exitCode);
  }

  /** Returns the exit code of a command that fails with this error. */
  int exitCode() {
    return exitCode;
  }
}
