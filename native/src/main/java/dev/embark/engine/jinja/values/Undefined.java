package dev.embark.engine.jinja.values;

/**
 * The value of a name, key or index that does not exist: empty as text and as a list, and an error
 * where it would be used otherwise.
 *
 * @param what the missing name, for messages
 */
public record Undefined(String what) {
  public JinjaException error() {
    return new JinjaException("'" + what + "' is undefined");
  }

  /** Two missing values are equal, whatever was missing. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Undefined;
  }

  @Override
  public int hashCode() {
    return 0;
  }
}
