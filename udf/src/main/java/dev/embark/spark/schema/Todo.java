package dev.embark.spark.schema;

import dev.embark.spark.schema.Shape.Field;
import dev.embark.spark.schema.Shape.Fields;
import dev.embark.spark.schema.Shape.Items;
import dev.embark.spark.schema.Shape.Nullable;
import dev.embark.spark.schema.Shape.Pair;
import dev.embark.spark.schema.Shape.Pairs;
import dev.embark.spark.schema.Shape.Scalar;
import dev.embark.spark.schema.Shape.Text;
import dev.embark.spark.schema.Step.Characters;
import dev.embark.spark.schema.Step.FieldsFrom;
import dev.embark.spark.schema.Step.ItemsFrom;
import dev.embark.spark.schema.Step.Literal;
import dev.embark.spark.schema.Step.Value;
import java.util.Objects;

/**
 * A step and everything behind it, with the cost to keep for it. Immutable.
 *
 * <p>Costs are quarters of a token. Real tokenizers have one token for three to four letters of
 * prose, for one and a half or more characters of JSON around it, and up to three for a character
 * outside ASCII.
 */
final class Todo {
  static final int TOKEN = 4;

  /** Cost of a character of a name, a number or the structure. */
  static final int STRUCTURE = 3;

  /** Cost of an ASCII character in a string. */
  static final int CHARACTER = 2;

  /** Cost of another character in a string. */
  static final int WIDE = 6;

  private static final int MOST = 1 << 30; // sums of two stay below 2³¹

  private final Step step;
  private final Todo next; // null at the end
  private final Limits limits;
  private final int need;
  private final int hash;

  /**
   * What strings are given at least.
   *
   * @param floor characters to keep for each string
   * @param fixed maximum length up to which a string has all its characters
   */
  record Limits(int floor, int fixed) {}

  private Todo(Step step, Todo next, Limits limits) {
    this.step = step;
    this.next = next;
    this.limits = limits;
    this.need = (int) Math.min(MOST, of(step) + (next == null ? 0 : next.need));
    this.hash = 31 * step.hashCode() + (next == null ? 0 : next.hash);
  }

  /** A value that is to be written. */
  static Todo of(Shape shape, Limits limits) {
    return new Todo(new Value(shape), null, limits);
  }

  Step step() {
    return step;
  }

  /** What is behind the step; null for nothing. */
  Todo next() {
    return next;
  }

  /** Whether all characters of a string are kept. */
  boolean isFixed(Text text) {
    return text.max() <= limits.fixed();
  }

  /** Cost to keep for the step and everything behind it. */
  int need() {
    return need;
  }

  /** Replaces the step by others. */
  Todo then(Step... steps) {
    Todo replaced = next;
    for (int i = steps.length - 1; i >= 0; i--) {
      replaced = new Todo(steps[i], replaced, limits);
    }
    return replaced;
  }

  private long of(Step wanted) {
    if (wanted instanceof Literal literal) {
      return (long) STRUCTURE * literal.text().length();
    }
    if (wanted instanceof Characters text) {
      return STRUCTURE + (long) CHARACTER * text.min();
    }
    if (wanted instanceof FieldsFrom from) {
      long sum = STRUCTURE;
      for (int i = from.index(); i < from.fields().size(); i++) {
        Field field = from.fields().get(i);
        boolean comma = from.follows() || i > from.index();
        int name = Scalars.quoted(field.name()).length() + (comma ? 2 : 1);
        sum += STRUCTURE * name + of(field.shape());
      }
      return sum;
    }
    if (wanted instanceof ItemsFrom from) {
      long missing = Math.max(0L, from.items().min() - from.count());
      return STRUCTURE + missing * (of(from.items().item()) + STRUCTURE);
    }
    return of(((Value) wanted).shape());
  }

  private long of(Shape shape) {
    if (shape instanceof Scalar scalar) {
      return (long) STRUCTURE * scalar.length();
    }
    if (shape instanceof Text text) {
      int kept = isFixed(text) ? text.max() : Math.min(limits.floor(), text.max());
      return 2 * STRUCTURE + (long) CHARACTER * Math.max(text.min(), kept);
    }
    if (shape instanceof Items items) {
      // One item at least, so that an array is not empty because a string before it is long.
      long count = Math.max(items.min(), Math.min(1, items.max()));
      return 2 * STRUCTURE + count * (of(items.item()) + STRUCTURE);
    }
    if (shape instanceof Pairs pairs) {
      return 3 * STRUCTURE + of(new Pair(pairs.value()));
    }
    if (shape instanceof Pair pair) {
      return 3 * STRUCTURE + CHARACTER * Math.max(1, limits.floor()) + of(pair.value());
    }
    if (shape instanceof Nullable nullable) {
      return Math.max(STRUCTURE * "null".length(), of(nullable.shape()));
    }
    return STRUCTURE + of(new FieldsFrom(((Fields) shape).fields(), 0, false));
  }

  @Override
  public boolean equals(Object that) {
    return this == that
        || (that instanceof Todo other
            && hash == other.hash
            && step.equals(other.step)
            && Objects.equals(next, other.next));
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
