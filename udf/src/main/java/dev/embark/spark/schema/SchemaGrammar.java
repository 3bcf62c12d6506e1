package dev.embark.spark.schema;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.spark.schema.Remainder.Limits;
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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Writes the grammar of a shape, in llama.cpp's notation, for answers of limited length.
 *
 * <p>A rule is what remains to be written and at which cost ({@link Remainder}). A string goes on
 * only while enough remains for everything behind it, so strings and arrays share what the other
 * values do not need, and an answer is complete within its limit.
 *
 * <pre>
 *  STRUCT&lt;a STRING, b INT&gt; at a cost of 300:
 *
 *  root ::= "{\"a\":\"" s282        s282 ::= "\",\"b\":" int "}" | narrow s280 | wide s276    …
 * </pre>
 */
final class SchemaGrammar {
  // The first that fit.
  private static final List<Limits> SHARED =
      List.of(
          Limits.shared(32, 256),
          Limits.shared(32, 64),
          Limits.shared(32, 32),
          Limits.shared(16, 16),
          Limits.shared(8, 8));

  // Of shapes with so many strings that counting what each leaves takes too many rules.
  private static final List<Limits> EQUAL =
      List.of(
          Limits.equal(256),
          Limits.equal(128),
          Limits.equal(64),
          Limits.equal(32),
          Limits.equal(16),
          Limits.equal(8));

  // Parts of what strings may share, the first whose rules are not too many; a small part has to be
  // worth several strings of equal length.
  private static final double[] PARTS = {1, 0.8, 0.6, 0.4, 0.2, 0.1, 0.05, 0.02};
  private static final int WORTH = 4;

  // llama.cpp parses a grammar for each row: so many rules in up to 30 milliseconds.
  private static final int MAX_RULES = 8_000;

  // Without U+FFFD, which bytes that are no UTF-8 become.
  private static final String CHARACTERS =
      "narrow ::= [ !#-[\\]-~] | \"\\\\\" [\"\\\\/bfnrt]\n"
          + "wide ::= [\\u0080-\\uD7FF\\uE000-\\uFFFC\\U00010000-\\U0010FFFF]\n";

  // What may be spent is counted in two tokens except within strings.
  private static final int GRAIN = 2 * Remainder.TOKEN;

  private record State(Remainder rest, int left) {}

  private final Map<State, String> names = new HashMap<>();
  private final Map<Remainder, Remainder> opened = new HashMap<>();
  private final Map<Remainder, List<Remainder>> choices = new HashMap<>();
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
    int cost = (int) Math.min(Integer.MAX_VALUE, Remainder.TOKEN * (maxTokens - 1L));
    Optional<Remainder> sharing = first(SHARED, shape, cost);
    Optional<Remainder> equal = first(EQUAL, shape, cost);
    if (sharing.isPresent()) {
      int need = sharing.get().need();
      for (double part : PARTS) {
        int spare = (int) (part * (cost - need));
        boolean isEnough =
            part > 0.5 || spare > WORTH * Remainder.CHARACTER * equal.get().mostOfString();
        SchemaGrammar grammar = new SchemaGrammar();
        if (isEnough && grammar.write(sharing.get(), need + spare)) {
          return grammar.text();
        }
      }
    }
    if (equal.isPresent()) {
      SchemaGrammar grammar = new SchemaGrammar();
      if (grammar.write(equal.get(), cost)) {
        return grammar.text();
      }
      throw new EmbarkException(
          Kind.OPTION,
          "The generate option schema has more values than a grammar has room for; bound its"
              + " arrays by smaller values of maxItems.");
    }
    int least = Remainder.of(shape, EQUAL.get(EQUAL.size() - 1)).need();
    throw new EmbarkException(
        Kind.OPTION,
        "An answer of the option schema may take "
            + ((least + Remainder.TOKEN - 1) / Remainder.TOKEN + 1)
            + " tokens even if its strings are short, but maxTokens is "
            + maxTokens
            + "; set maxTokens to as many, or make the schema smaller.");
  }

  /** The shape with the first limits that fit. */
  private static Optional<Remainder> first(List<Limits> limits, Shape shape, int cost) {
    return limits.stream()
        .map(some -> Remainder.of(shape, some))
        .filter(root -> root.need() <= cost)
        .findFirst();
  }

  /** Writes all rules; false if there are too many. */
  private boolean write(Remainder root, int left) {
    rules.append("root ::= ").append(expression(root, left)).append('\n');
    while (!unwritten.isEmpty()) {
      State state = unwritten.poll();
      String alternatives = String.join(" | ", alternatives(state.rest(), state.left()));
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
  private String expression(Remainder start, int cost) {
    Remainder rest = start;
    int left = cost;
    StringBuilder literal = new StringBuilder();
    List<String> parts = new ArrayList<>();
    while (rest != null) {
      Shape shape = rest.step() instanceof Value value ? value.shape() : null;
      if (rest.step() instanceof Literal text) {
        literal.append(text.text());
        left -= Remainder.STRUCTURE * text.text().length();
        rest = rest.next();
      } else if (shape instanceof Scalar scalar) {
        flush(literal, parts);
        parts.add(shared.computeIfAbsent(scalar.body(), body -> "v" + shared.size()));
        left -= Remainder.STRUCTURE * scalar.length();
        rest = rest.next();
      } else if (shape instanceof Text text && rest.isFixed(text)) {
        flush(literal, parts);
        parts.add(fixed(text.min(), rest.max(text)));
        left -= rest.need() - (rest.next() == null ? 0 : rest.next().need());
        rest = rest.next();
      } else if (shape instanceof Text text) {
        rest = opened.computeIfAbsent(rest, from -> opened(from, shape));
        // Nothing counts the characters of one string: what its maximum leaves over is dropped.
        long all = (long) Remainder.CHARACTER * (rest.max(text) - text.min());
        left = (int) Math.min(left, rest.need() + all);
      } else if (shape != null && !(shape instanceof Nullable)) {
        rest = opened.computeIfAbsent(rest, from -> opened(from, shape));
      } else if (rest.step() instanceof FieldsFrom from && !from.isChoice()) {
        rest = opened.computeIfAbsent(rest, of -> withField(of, from));
      } else {
        flush(literal, parts);
        parts.add(rule(rest, left));
        return String.join(" ", parts);
      }
    }
    flush(literal, parts);
    return String.join(" ", parts);
  }

  private String fixed(int min, int max) {
    String body = "\"\\\"\" (narrow | wide){" + min + "," + max + "} \"\\\"\"";
    return shared.computeIfAbsent(body, added -> "v" + shared.size());
  }

  /** The steps of a value without a choice at its start. */
  private static Remainder opened(Remainder rest, Shape shape) {
    if (shape instanceof Text text) {
      return rest.then(new Literal("\""), new Characters(text.min()));
    }
    if (shape instanceof Fields fields) {
      return rest.then(new Literal("{"), new FieldsFrom(fields.fields(), 0, false));
    }
    if (shape instanceof Items items) {
      return rest.then(new Literal("["), new ItemsFrom(items, "]", 0, false));
    }
    Pair pair = shape instanceof Pairs pairs ? new Pair(pairs.value()) : (Pair) shape;
    return shape instanceof Pairs
        ? rest.then(
            new Literal("{"), new ItemsFrom(new Items(pair, 0, Shape.UNBOUNDED), "}", 0, false))
        : rest.then(new Value(Remainder.KEY), new Literal(":"), new Value(pair.value()));
  }

  private static void flush(StringBuilder literal, List<String> parts) {
    if (literal.length() > 0) {
      parts.add(Scalars.literal(literal.toString()));
      literal.setLength(0);
    }
  }

  private String rule(Remainder rest, int left) {
    State state = new State(rest, rest.need() + rounded(rest, left - rest.need()));
    return names.computeIfAbsent(
        state,
        added -> {
          unwritten.add(added);
          return "s" + names.size();
        });
  }

  /** What may be spent beyond the need, rounded down so that fewer states differ. */
  private static int rounded(Remainder rest, int spare) {
    if (!rest.isFlexible()) {
      return 0;
    }
    int unit = rest.step() instanceof Characters ? Remainder.CHARACTER : GRAIN;
    return spare / unit * unit;
  }

  /** The end of an object, or its next field and what is behind it. */
  private static Remainder withField(Remainder rest, FieldsFrom from) {
    if (from.index() == from.fields().size()) {
      return rest.then(new Literal("}"));
    }
    Field field = from.field();
    String name = (from.follows() ? "," : "") + Scalars.quoted(field.name()) + ":";
    return rest.then(new Literal(name), new Value(field.shape()), from.after(true));
  }

  private List<String> alternatives(Remainder rest, int left) {
    List<String> all = new ArrayList<>();
    for (Remainder choice : choices.computeIfAbsent(rest, SchemaGrammar::choices)) {
      if (choice.step() instanceof Characters) {
        more(all, "narrow ", choice, left - Remainder.CHARACTER);
        more(all, "wide ", choice, left - Remainder.WIDE);
      } else if (choice.need() <= left) {
        all.add(expression(choice, left));
      }
    }
    return all;
  }

  private static List<Remainder> choices(Remainder rest) {
    if (rest.step() instanceof FieldsFrom from) {
      return List.of(withField(rest, from), rest.then(from.after(from.follows())));
    }
    if (rest.step() instanceof Characters text) {
      Remainder longer = rest.then(new Characters(Math.max(0, text.min() - 1)));
      return text.min() > 0 ? List.of(longer) : List.of(rest.then(new Literal("\"")), longer);
    }
    if (rest.step() instanceof ItemsFrom from) {
      return items(rest, from);
    }
    Nullable nullable = (Nullable) ((Value) rest.step()).shape();
    return List.of(rest.then(new Value(nullable.shape())), rest.then(new Literal("null")));
  }

  private static List<Remainder> items(Remainder rest, ItemsFrom from) {
    List<Remainder> all = new ArrayList<>();
    if (from.count() >= from.items().min()) {
      all.add(rest.then(new Literal(from.close())));
    }
    if (from.count() < from.items().max()) {
      Value item = new Value(from.items().item());
      all.add(
          from.follows()
              ? rest.then(new Literal(","), item, from.more())
              : rest.then(item, from.more()));
    }
    return all;
  }

  private void more(List<String> all, String character, Remainder longer, int left) {
    if (longer.need() <= left) {
      all.add(character + rule(longer, left));
    }
  }
}
