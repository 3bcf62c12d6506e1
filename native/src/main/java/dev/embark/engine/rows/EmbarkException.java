package dev.embark.engine.rows;

import java.util.OptionalInt;
import java.util.function.BooleanSupplier;

/**
 * What went wrong with one text, a model or the native library, in one sentence a user can act on.
 *
 * <p>It never carries the text itself: messages end up in logs and tables.
 */
public final class EmbarkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What kind of failure it is; the reason code of a quarantined row. */
  public enum Kind {
    /** The text has more tokens than allowed, and long texts are errors by option. */
    TOO_LONG,
    /** The text has no token at all in this model's vocabulary. */
    EMPTY,
    /** The input is not text. */
    NOT_TEXT,
    /** The model gave a vector with NaN or infinite values. */
    NOT_FINITE,
    /** The work was cancelled from outside. */
    CANCELLED,
    /** The native side had no room. */
    OUT_OF_MEMORY,
    /** The model could not be loaded or did not compute. */
    MODEL,
    /** The llama.cpp libraries could not be used on this machine. */
    BACKEND,
    /** An option has a key or value that is not allowed. */
    OPTION
  }

  private static final int NO_ROW = -1;

  private final Kind kind;
  private final int row;

  /** A failure without a cause in Java. */
  public EmbarkException(Kind kind, String message) {
    this(kind, message, null);
  }

  /** A failure with its cause. */
  public EmbarkException(Kind kind, String message, Throwable cause) {
    this(kind, message, cause, NO_ROW);
  }

  private EmbarkException(Kind kind, String message, Throwable cause, int row) {
    super(message, cause);
    this.kind = kind;
    this.row = row;
  }

  /** The same failure, as that of a row. */
  EmbarkException inRow(int ofWindow) {
    EmbarkException copy = new EmbarkException(kind, getMessage(), getCause(), ofWindow);
    copy.setStackTrace(getStackTrace());
    return copy;
  }

  /**
   * Ends work that is not wanted any more.
   *
   * @throws EmbarkException of kind CANCELLED when {@code isCancelled} says so
   */
  public static void throwIf(BooleanSupplier isCancelled) {
    if (isCancelled.getAsBoolean()) {
      throw cancelled();
    }
  }

  /** For work that was not wanted any more. */
  public static EmbarkException cancelled() {
    return new EmbarkException(Kind.CANCELLED, "The work was cancelled.");
  }

  /** The kind of failure. */
  public Kind kind() {
    return kind;
  }

  /** The row of its window that it belongs to; empty where it is not the failure of one row. */
  public OptionalInt row() {
    return row == NO_ROW ? OptionalInt.empty() : OptionalInt.of(row);
  }
}
