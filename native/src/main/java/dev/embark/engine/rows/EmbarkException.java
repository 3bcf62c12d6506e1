package dev.embark.engine.rows;

import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
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

  private final Condition condition;
  private final TreeMap<String, String> parameters;
  private final int row;

  /**
   * Creates a failure of a condition of its own.
   *
   * @param parameters a value for each parameter of the condition
   */
  public EmbarkException(Condition condition, Map<String, String> parameters) {
    this(condition, parameters, null);
  }

  /** Creates a failure of a condition of its own, with its cause. */
  public EmbarkException(Condition condition, Map<String, String> parameters, Throwable cause) {
    this(condition, parameters, condition.message(parameters), cause, NO_ROW);
  }

  /** Creates a failure without a Java cause. */
  public EmbarkException(Kind kind, String message) {
    this(kind, message, null);
  }

  /** Creates a failure with its cause. */
  public EmbarkException(Kind kind, String message, Throwable cause) {
    this(Condition.of(kind), Map.of("reason", String.valueOf(message)), message, cause, NO_ROW);
  }

  private EmbarkException(
      Condition condition,
      Map<String, String> parameters,
      String message,
      Throwable cause,
      int row) {
    super(message, cause);
    this.condition = condition;
    this.parameters = new TreeMap<>(parameters);
    this.row = row;
  }

  /** Returns the same failure, attributed to a row. */
  EmbarkException inRow(int ofWindow) {
    EmbarkException copy =
        new EmbarkException(condition, parameters, getMessage(), getCause(), ofWindow);
    copy.setStackTrace(getStackTrace());
    return copy;
  }

  /** Returns the same failure for another caller, with the stack trace of this call. */
  public EmbarkException again() {
    return new EmbarkException(condition, parameters, getMessage(), this, row);
  }

  /**
   * Returns the same failure with a text of its message replaced, such as the path of a copy by the
   * name that the user gave.
   */
  public EmbarkException replacing(String text, String by) {
    Map<String, String> replaced = new TreeMap<>(parameters);
    replaced.replaceAll((name, value) -> value.replace(text, by));
    return new EmbarkException(condition, replaced, getMessage().replace(text, by), this, row);
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
    return condition.kind();
  }

  /** Returns the condition that Spark and PySpark show. */
  public Condition condition() {
    return condition;
  }

  /** Returns the parameters of the condition's message. */
  public Map<String, String> parameters() {
    return Map.copyOf(parameters);
  }

  /**
   * Returns the failed row, as an index into its window; empty when the failure concerns more than
   * one row.
   */
  public OptionalInt row() {
    return row == NO_ROW ? OptionalInt.empty() : OptionalInt.of(row);
  }
}
