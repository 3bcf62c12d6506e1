package dev.embark.spark.schema;

import java.util.List;

/**
 * The JSON values that an answer may be. Values are written without white space, and the fields of
 * an object in the order of the schema.
 */
sealed interface Shape {
  /** Length of a text without an upper bound of its own. */
  int UNBOUNDED = Integer.MAX_VALUE;

  /**
   * A number, a date, an enumeration or another value of little variation.
   *
   * @param body alternatives in GBNF
   * @param length maximum number of characters
   */
  record Scalar(String body, int length) implements Shape {}

  /**
   * A string.
   *
   * @param min minimum number of characters
   * @param max maximum number of characters, or {@link #UNBOUNDED}
   */
  record Text(int min, int max) implements Shape {}

  /**
   * An array.
   *
   * @param min minimum number of items
   * @param max maximum number of items, or {@link #UNBOUNDED}
   */
  record Items(Shape item, int min, int max) implements Shape {}

  /** An object with any keys. */
  record Pairs(Shape value) implements Shape {}

  /** An object with these fields. */
  record Fields(List<Field> fields) implements Shape {}

  /** A key, a colon and a value. */
  record Pair(Shape value) implements Shape {}

  /** A value or null. */
  record Nullable(Shape shape) implements Shape {}

  /**
   * A field of an object.
   *
   * @param name not escaped
   * @param required whether each object has the field
   */
  record Field(String name, Shape shape, boolean required) {}
}
