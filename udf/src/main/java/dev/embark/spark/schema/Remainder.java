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
final class Remainder {
  static final int TOKEN = 4;

  /** Cost of a character of a name, a number or the structure. */
  static final int STRUCTURE = 3;

  /** Cost of an ASCII character in a string. */
  static final int CHARACTER = 2;

  /** Cost of another character in a string. */
  static final int WIDE = 6;

  private static final int MOST = 1 << 30; // sums of two stay below 2³¹

  /** Keys of an object with any keys. */
  static final Text KEY = new Text(1, Shape.UNBOUNDED);

  private final Step step;
  private final Remainder next; // null at the end
  private final Limits limits;
  private final int need;
  private final boolean flexible;
  private final int hash;

  /**
   * What strings are given.
   *
   * @param floor characters to keep for each string
   * @param fixed maximum length up to which a string has all its characters
   * @param most maximum length of a string
   */
  record Limits(int floor, int fixed, int most) {
    /** Strings share what other values leave. */
    static Limits shared(int floor, int fixed) {
      return new Limits(floor, fixed, Shape.UNBOUNDED);
    }

    /** Each string has the same number of characters. */
    static Limits equal(int most) {
      return new Limits(most, most, most);
    }
  }

  private Remainder(Step step, Remainder next, Limits limits) {
    this.step = step;
    this.next = next;
    this.limits = limits;
    this.need = (int) Math.min(MOST, of(step) + (next == null ? 0 : next.need));
    this.flexible = isFlexible(step) || (next != null && next.flexible);
    this.hash = 31 * step.hashCode() + (next == null ? 0 : next.hash);
  }

  /** A value that is to be written. */
  static Remainder of(Shape shape, Limits limits) {
    return new Remainder(new Value(shape), null, limits);
  }

  Step step() {
    return step;
  }

  /** What is behind the step; null for nothing. */
  Remainder next() {
    return next;
  }

  /** Whether all characters of a string are kept. */
  boolean isFixed(Text text) {
    return max(text) <= limits.fixed() || text.min() > limits.most();
  }

  /** The maximum number of characters of a string. */
  int max(Text text) {
    return Math.max(text.min(), Math.min(text.max(), limits.most()));
  }

  /** The maximum length of a string without a bound of its own. */
  int mostOfString() {
    return limits.most();
  }

  /** Cost to keep for the step and everything behind it. */
  int need() {
    return need;
  }

  /** Whether what remains to be written depends on what may be spent on it. */
  boolean isFlexible() {
    return flexible;
  }

  private boolean isFlexible(Step wanted) {
    if (wanted instanceof FieldsFrom from) {
      return from.fields().stream().skip(from.index()).anyMatch(field -> isFlexible(field.shape()));
    }
    return wanted instanceof Value value ? isFlexible(value.shape()) : !(wanted instanceof Literal);
  }

  private boolean isFlexible(Shape shape) {
    if (shape instanceof Nullable nullable) {
      return isFlexible(nullable.shape());
    }
    if (shape instanceof Fields fields) {
      return fields.fields().stream().anyMatch(field -> isFlexible(field.shape()));
    }
    return !(shape instanceof Scalar || (shape instanceof Text text && isFixed(text)));
  }

  /** Replaces the step by others. */
  Remainder then(Step... steps) {
    Remainder replaced = next;
    for (int i = steps.length - 1; i >= 0; i--) {
      replaced = new Remainder(steps[i], replaced, limits);
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
        sum += (long) STRUCTURE * name + of(field.shape());
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
      int kept = isFixed(text) ? max(text) : Math.min(limits.floor(), text.max());
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
      return STRUCTURE + of(KEY) + of(pair.value());
    }
    if (shape instanceof Nullable nullable) {
      return Math.max((long) STRUCTURE * "null".length(), of(nullable.shape()));
    }
    return STRUCTURE + of(new FieldsFrom(((Fields) shape).fields(), 0, false));
  }

  @Override
  public boolean equals(Object that) {
    return this == that
        || (that instanceof Remainder other
            && hash == other.hash
            && step.equals(other.step)
            && Objects.equals(next, other.next));
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
