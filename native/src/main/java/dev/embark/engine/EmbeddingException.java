package dev.embark.engine;

import java.util.function.BooleanSupplier;

/**
 * What went wrong with one text, a model or the native library, in one sentence a user can act on.
 *
 * <p>It never carries the text itself: messages end up in logs and tables.
 */
public final class EmbeddingException extends RuntimeException {
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

  private final Kind kind;

  /** A failure without a cause in Java. */
  public EmbeddingException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** A failure with its cause. */
  public EmbeddingException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /**
   * Ends work that is not wanted any more.
   *
   * @throws EmbeddingException of kind CANCELLED when {@code isCancelled} says so
   */
  static void throwIf(BooleanSupplier isCancelled) {
    if (isCancelled.getAsBoolean()) {
      throw new EmbeddingException(Kind.CANCELLED, "The embedding was cancelled.");
    }
  }

  /** The kind of failure. */
  public Kind kind() {
    return kind;
  }
}
