package dev.embark.engine.options;

import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import java.util.Map;

/**
 * An option of one of Embark's functions. Both its documentation and its validation derive from the
 * {@link OptionSpec}.
 */
public interface FunctionOption {
  /** Returns the specification of the option. */
  OptionSpec spec();

  /** Returns the key, which is case-insensitive in user input. */
  default String key() {
    return spec().key();
  }

  /** Returns a description of the allowed values. */
  default String takes() {
    return spec().takes();
  }

  /** Returns the default value; empty for unset. */
  default String defaultValue() {
    return spec().defaultValue();
  }

  /** Returns a one-sentence description. */
  default String description() {
    return spec().description();
  }

  /**
   * Validates a value and returns its canonical form.
   *
   * @param function name of the function for messages
   * @throws EmbarkException of kind OPTION when the value is not allowed
   */
  default String canonical(String function, String value) {
    try {
      return spec().canonical().apply(value);
    } catch (IllegalArgumentException e) {
      throw new EmbarkException(
          Condition.INVALID_OPTION,
          Map.of(
              "function", function, "option", key(), "value", "'" + value + "'", "takes", takes()),
          e);
    }
  }
}
