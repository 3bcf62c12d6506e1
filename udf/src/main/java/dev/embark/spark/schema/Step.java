package dev.embark.spark.schema;

import dev.embark.spark.schema.Shape.Field;
import dev.embark.spark.schema.Shape.Items;
import java.util.List;

/** What is to be written next in an answer. */
sealed interface Step {
  /** A fixed text. */
  record Literal(String text) implements Step {}

  /** A value. */
  record Value(Shape shape) implements Step {}

  /**
   * The rest of a string and its closing quote.
   *
   * @param min minimum number of characters
   */
  record Characters(int min) implements Step {}

  /**
   * The fields of an object from an index on, and its closing brace.
   *
   * @param follows whether an earlier field was written
   */
  record FieldsFrom(List<Field> fields, int index, boolean follows) implements Step {
    Field field() {
      return fields.get(index);
    }

    /** Whether the next field may be left out. */
    boolean isChoice() {
      return index < fields.size() && !field().required();
    }

    FieldsFrom after(boolean fieldFollows) {
      return new FieldsFrom(fields, index + 1, fieldFollows);
    }
  }

  /**
   * Further items of an array or an object, and its closing bracket.
   *
   * @param count number of items written, as far as a bound depends on it
   * @param follows whether an earlier item was written
   */
  record ItemsFrom(Items items, String close, int count, boolean follows) implements Step {
    /** After one item more. */
    ItemsFrom more() {
      int counted = items.max() == Shape.UNBOUNDED ? Math.min(count + 1, items.min()) : count + 1;
      return new ItemsFrom(items, close, counted, true);
    }
  }
}
