package dev.embark.engine.jinja.values;

import java.util.Collection;
import java.util.Map;

/** Tests of Jinja: {@code value is name}. Stateless. */
public final class Tests {
  /** A test. */
  @FunctionalInterface
  interface Test {
    boolean check(Comparison comparison, Object value, Arguments arguments);
  }

  private static final Map<String, Test> ALL =
      Map.ofEntries(
          Map.entry("boolean", (c, value, a) -> value instanceof Boolean),
          Map.entry("callable", (c, value, a) -> value instanceof Callable),
          Map.entry("defined", (c, value, a) -> !(value instanceof Undefined)),
          Map.entry(
              "divisibleby",
              (c, value, a) -> c.equal(Operators.apply("%", value, a.get(0, "num")), 0L)),
          Map.entry("eq", (c, value, a) -> c.equal(value, a.get(0, "other"))),
          Map.entry("==", (c, value, a) -> c.equal(value, a.get(0, "other"))),
          Map.entry("equalto", (c, value, a) -> c.equal(value, a.get(0, "other"))),
          Map.entry("even", (c, value, a) -> Values.integer(value) % 2 == 0),
          Map.entry("false", (c, value, a) -> Boolean.FALSE.equals(value)),
          Map.entry("filter", (c, value, a) -> Filters.named(Values.text(value).chars()) != null),
          Map.entry("float", (c, value, a) -> value instanceof Double),
          Map.entry("ge", (c, value, a) -> c.order(value, a.get(0, "other")) >= 0),
          Map.entry("greaterthan", (c, value, a) -> c.order(value, a.get(0, "other")) > 0),
          Map.entry("gt", (c, value, a) -> c.order(value, a.get(0, "other")) > 0),
          Map.entry("in", (c, value, a) -> c.contains(a.get(0, "seq"), value)),
          Map.entry("integer", (c, value, a) -> value instanceof Long),
          Map.entry(
              "iterable",
              (c, value, a) ->
                  value instanceof Text
                      || value instanceof Collection
                      || value instanceof Map
                      || value instanceof Undefined),
          Map.entry("le", (c, value, a) -> c.order(value, a.get(0, "other")) <= 0),
          Map.entry("lessthan", (c, value, a) -> c.order(value, a.get(0, "other")) < 0),
          Map.entry(
              "lower",
              (c, value, a) ->
                  Values.written(value).equals(StringMethods.lower(Values.written(value)))),
          Map.entry("lt", (c, value, a) -> c.order(value, a.get(0, "other")) < 0),
          Map.entry("mapping", (c, value, a) -> value instanceof Map),
          Map.entry("ne", (c, value, a) -> !c.equal(value, a.get(0, "other"))),
          Map.entry("!=", (c, value, a) -> !c.equal(value, a.get(0, "other"))),
          Map.entry("none", (c, value, a) -> value == null),
          Map.entry("number", (c, value, a) -> value instanceof Number || value instanceof Boolean),
          Map.entry("odd", (c, value, a) -> Values.integer(value) % 2 != 0),
          Map.entry("sameas", (c, value, a) -> isSame(c, value, a.get(0, "other"))),
          Map.entry(
              "sequence",
              (c, value, a) ->
                  value instanceof Text
                      || value instanceof Collection
                      || value instanceof Map
                      || value instanceof Undefined),
          Map.entry("string", (c, value, a) -> value instanceof Text),
          Map.entry("test", (c, value, a) -> isTest(Values.text(value).chars())),
          Map.entry("true", (c, value, a) -> Boolean.TRUE.equals(value)),
          Map.entry("undefined", (c, value, a) -> value instanceof Undefined),
          Map.entry(
              "upper",
              (c, value, a) ->
                  Values.written(value).equals(StringMethods.upper(Values.written(value)))));

  private Tests() {}

  private static boolean isSame(Comparison c, Object value, Object other) {
    return value == other || (!(value instanceof Collection) && c.equal(value, other));
  }

  public static boolean isTest(String name) {
    return ALL.containsKey(name);
  }

  public static boolean check(Rendering rendering, String name, Object value, Arguments arguments) {
    Test test = ALL.get(name);
    if (test == null) {
      throw new JinjaException("there is no such test");
    }
    rendering.stepOver(value);
    return test.check(new Comparison(rendering), value, arguments);
  }
}
