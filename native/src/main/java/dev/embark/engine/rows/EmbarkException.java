package dev.embark.engine.rows;

import java.util.OptionalInt;
import java.util.function.BooleanSupplier;

/**
 * A failure of a text, a model, an option or the native library, described in one sentence that a
 * user can act on.
 *
 * <p>The message never contains the text itself, because messages reach logs and tables.
 */
public final class EmbarkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The category of a failure; the reason code of a quarantined row. */
  public enum Kind {
    /** The text has more tokens than allowed, and the options treat long texts as errors. */
    TOO_LONG,
    /** The text has no token in this model's vocabulary. */
    EMPTY,
    /** The input is not text. */
    NOT_TEXT,
    /** The model produced NaN or infinite values. */
    NOT_FINITE,
    /** The work was cancelled by its caller. */
    CANCELLED,
    /** Memory was insufficient. */
    OUT_OF_MEMORY,
    /** The model could not be loaded or failed to compute. */
    MODEL,
    /** The llama.cpp libraries cannot be used on this machine. */
    BACKEND,
    /** An option has an unknown key or an invalid value. */
    OPTION
  }

  private static final int NO_ROW = -1;

  private final Kind kind;
  private final int row;

  /** Creates a failure without a Java cause. */
  public EmbarkException(Kind kind, String message) {
    this(kind, message, null);
  }

  /** Creates a failure with its cause. */
  public EmbarkException(Kind kind, String message, Throwable cause) {
    this(kind, message, cause, NO_ROW);
  }

  private EmbarkException(Kind kind, String message, Throwable cause, int row) {
    super(message, cause);
    this.kind = kind;
    this.row = row;
  }

  /** Returns the same failure, attributed to a row. */
  EmbarkException inRow(int ofWindow) {
    EmbarkException copy = new EmbarkException(kind, getMessage(), getCause(), ofWindow);
    copy.setStackTrace(getStackTrace());
    return copy;
  }

  /**
   * Throws if the work has been cancelled.
   *
   * @throws EmbarkException of kind CANCELLED when {@code isCancelled} returns true
   */
  public static void throwIf(BooleanSupplier isCancelled) {
    if (isCancelled.getAsBoolean()) {
      throw cancelled();
    }
  }

  /** Returns the failure of cancelled work. */
  public static EmbarkException cancelled() {
    return new EmbarkException(Kind.CANCELLED, "The work was cancelled.");
  }

  /** Returns the category of the failure. */
  public Kind kind() {
    return kind;
  }

  /**
   * Returns the failed row, as an index into its window; empty when the failure concerns more than
   * one row.
   */
  public OptionalInt row() {
    return row == NO_ROW ? OptionalInt.empty() : OptionalInt.of(row);
  }
}
