package dev.embark.engine.options;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;

/** An option of one of Embark's functions. Documentation and checks are both made from it. */
public interface FunctionOption {
  /** What there is to say about it. */
  OptionSpec spec();

  /** The key as users write it, in any case. */
  default String key() {
    return spec().key();
  }

  /** The allowed values, for people. */
  default String takes() {
    return spec().takes();
  }

  /** The default value; empty for unset. */
  default String defaultValue() {
    return spec().defaultValue();
  }

  /** One sentence on what it does. */
  default String description() {
    return spec().description();
  }

  /**
   * The value in its one canonical form.
   *
   * @param function for messages
   * @throws EmbarkException of kind OPTION when it is not allowed
   */
  default String canonical(String function, String value) {
    try {
      return spec().canonical().apply(value);
    } catch (IllegalArgumentException e) {
      throw new EmbarkException(
          Kind.OPTION,
          "The "
              + function
              + " option "
              + key()
              + " cannot be '"
              + value
              + "'; it takes "
              + takes()
              + ".",
          e);
    }
  }
}
