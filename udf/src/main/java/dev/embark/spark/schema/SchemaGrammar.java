package dev.embark.spark.schema;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
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
import dev.embark.spark.schema.Todo.Limits;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Writes the grammar of a shape, in llama.cpp's notation, for answers of limited length.
 *
 * <p>A rule is what remains to be written and at which cost ({@link Todo}). A string goes on only
 * while enough remains for everything behind it, so strings and arrays share what the other values
 * do not need, and an answer is complete within its limit.
 *
 * <pre>
 *  STRUCT&lt;a STRING, b INT&gt; at a cost of 300:
 *
 *  root ::= "{\"a\":\"" s282        s282 ::= "\",\"b\":" int "}" | narrow s280 | wide s276    …
 * </pre>
 */
final class SchemaGrammar {
  // The first that fit.
  private static final List<Limits> LIMITS =
      List.of(
          new Limits(32, 256),
          new Limits(32, 64),
          new Limits(32, 32),
          new Limits(16, 16),
          new Limits(8, 8));

  // llama.cpp parses a grammar for each row: 8,000 rules in some milliseconds.
  private static final int MAX_RULES = 8000;

  private static final Text KEY = new Text(1, Shape.UNBOUNDED);
  // Without U+FFFD, which bytes that are no UTF-8 become.
  private static final String CHARACTERS =
      "narrow ::= [ !#-[\\]-~] | \"\\\\\" [\"\\\\/bfnrt]\n"
          + "wide ::= [\\u0080-\\uD7FF\\uE000-\\uFFFC\\U00010000-\\U0010FFFF]\n";

  private record State(Todo todo, int left) {}

  private final Map<State, String> names = new HashMap<>();
  private final Map<String, String> shared = new LinkedHashMap<>(); // by body
  private final Deque<State> unwritten = new ArrayDeque<>();
  private final StringBuilder rules = new StringBuilder();

  private SchemaGrammar() {}

  /**
   * The grammar of a shape.
   *
   * @param maxTokens maximum number of tokens of an answer, the one that ends it included
   * @throws EmbarkException of kind OPTION if the shape does not fit
   */
  static String of(Shape shape, int maxTokens) {
    int cost = (int) Math.min(Integer.MAX_VALUE, Todo.TOKEN * (maxTokens - 1L));
    int least = 0;
    for (Limits limits : LIMITS) {
      Todo root = Todo.of(shape, limits);
      least = root.need();
      if (least <= cost) {
        return fitting(root, cost);
      }
    }
    throw new EmbarkException(
        Kind.OPTION,
        "An answer of the option schema may take "
            + ((least + Todo.TOKEN - 1) / Todo.TOKEN + 1)
            + " tokens even if its strings are short, but maxTokens is "
            + maxTokens
            + "; set maxTokens to as many, or bound the arrays of the schema.");
  }

  private static String fitting(Todo root, int cost) {
    int left = cost;
    while (true) {
      SchemaGrammar grammar = new SchemaGrammar();
      if (grammar.write(root, left)) {
        return grammar.text();
      }
      if (left == root.need()) {
        throw new EmbarkException(
            Kind.OPTION,
            "The generate option schema has more values than a grammar has room for; bound its"
                + " arrays by smaller values of maxItems.");
      }
      left = root.need() + (left - root.need()) / 2;
    }
  }

  /** Writes all rules; false if there are too many. */
  private boolean write(Todo root, int left) {
    rules.append("root ::= ").append(expression(root, left)).append('\n');
    while (!unwritten.isEmpty()) {
      State state = unwritten.poll();
      String alternatives = String.join(" | ", alternatives(state.todo(), state.left()));
      rules.append(names.get(state)).append(" ::= ").append(alternatives).append('\n');
      if (names.size() > MAX_RULES) {
        return false;
      }
    }
    return true;
  }

  private String text() {
    return rules
        + shared.entrySet().stream()
            .map(rule -> rule.getValue() + " ::= " + rule.getKey() + "\n")
            .collect(Collectors.joining())
        + CHARACTERS;
  }

  /** Everything up to the next choice, and the rule of the choice. */
  private String expression(Todo start, int cost) {
    Todo todo = start;
    int left = cost;
    StringBuilder literal = new StringBuilder();
    List<String> parts = new ArrayList<>();
    while (todo != null) {
      Shape shape = todo.step() instanceof Value value ? value.shape() : null;
      if (todo.step() instanceof Literal text) {
        literal.append(text.text());
        left -= Todo.STRUCTURE * text.text().length();
        todo = todo.next();
      } else if (shape instanceof Scalar scalar) {
        flush(literal, parts);
        parts.add(shared.computeIfAbsent(scalar.body(), body -> "v" + shared.size()));
        left -= Todo.STRUCTURE * scalar.length();
        todo = todo.next();
      } else if (shape instanceof Text text && todo.isFixed(text)) {
        flush(literal, parts);
        parts.add(fixed(text));
        left -= todo.need() - (todo.next() == null ? 0 : todo.next().need());
        todo = todo.next();
      } else if (shape instanceof Text text) {
        todo = todo.then(new Literal("\""), new Characters(text.min()));
        // Nothing counts the characters of one string: what its maximum leaves over is dropped.
        long all = (long) Todo.CHARACTER * (text.max() - text.min());
        left = (int) Math.min(left, todo.need() + all);
      } else if (shape != null && !(shape instanceof Nullable)) {
        todo = opened(todo, shape);
      } else if (todo.step() instanceof FieldsFrom from && !from.isChoice()) {
        todo = withField(todo, from);
      } else {
        flush(literal, parts);
        parts.add(rule(todo, left));
        return String.join(" ", parts);
      }
    }
    flush(literal, parts);
    return String.join(" ", parts);
  }

  private String fixed(Text text) {
    String body = "\"\\\"\" (narrow | wide){" + text.min() + "," + text.max() + "} \"\\\"\"";
    return shared.computeIfAbsent(body, added -> "v" + shared.size());
  }

  /** The steps of a value without a choice at its start. */
  private static Todo opened(Todo todo, Shape shape) {
    if (shape instanceof Fields fields) {
      return todo.then(new Literal("{"), new FieldsFrom(fields.fields(), 0, false));
    }
    if (shape instanceof Items items) {
      return todo.then(new Literal("["), new ItemsFrom(items, "]", 0, false));
    }
    Pair pair = shape instanceof Pairs pairs ? new Pair(pairs.value()) : (Pair) shape;
    return shape instanceof Pairs
        ? todo.then(
            new Literal("{"), new ItemsFrom(new Items(pair, 0, Shape.UNBOUNDED), "}", 0, false))
        : todo.then(new Value(KEY), new Literal(":"), new Value(pair.value()));
  }

  private static void flush(StringBuilder literal, List<String> parts) {
    if (literal.length() > 0) {
      parts.add(Scalars.literal(literal.toString()));
      literal.setLength(0);
    }
  }

  private String rule(Todo todo, int left) {
    State state = new State(todo, left);
    return names.computeIfAbsent(
        state,
        added -> {
          unwritten.add(added);
          return "s" + names.size();
        });
  }

  /** The end of an object, or its next field and what is behind it. */
  private static Todo withField(Todo todo, FieldsFrom from) {
    if (from.index() == from.fields().size()) {
      return todo.then(new Literal("}"));
    }
    Field field = from.field();
    String name = (from.follows() ? "," : "") + Scalars.quoted(field.name()) + ":";
    return todo.then(new Literal(name), new Value(field.shape()), from.after(true));
  }

  private List<String> alternatives(Todo todo, int left) {
    List<String> all = new ArrayList<>();
    if (todo.step() instanceof FieldsFrom from) {
      add(all, withField(todo, from), left);
      add(all, todo.then(from.after(from.follows())), left);
    } else if (todo.step() instanceof Characters text) {
      if (text.min() == 0) {
        add(all, todo.then(new Literal("\"")), left);
      }
      Todo longer = todo.then(new Characters(Math.max(0, text.min() - 1)));
      more(all, "narrow ", longer, left - Todo.CHARACTER);
      more(all, "wide ", longer, left - Todo.WIDE);
    } else if (todo.step() instanceof ItemsFrom from) {
      items(all, todo, from, left);
    } else {
      Nullable nullable = (Nullable) ((Value) todo.step()).shape();
      add(all, todo.then(new Value(nullable.shape())), left);
      add(all, todo.then(new Literal("null")), left);
    }
    return all;
  }

  private void items(List<String> all, Todo todo, ItemsFrom from, int left) {
    if (from.count() >= from.items().min()) {
      add(all, todo.then(new Literal(from.close())), left);
    }
    if (from.count() < from.items().max()) {
      Value item = new Value(from.items().item());
      Todo more =
          from.follows()
              ? todo.then(new Literal(","), item, from.more())
              : todo.then(item, from.more());
      add(all, more, left);
    }
  }

  private void more(List<String> all, String character, Todo longer, int left) {
    if (longer.need() <= left) {
      all.add(character + rule(longer, left));
    }
  }

  /** Adds an alternative if it fits. */
  private void add(List<String> all, Todo todo, int left) {
    if (todo == null || todo.need() <= left) {
      all.add(expression(todo, left));
    }
  }
}
