package dev.embark.engine.jinja.values;

import java.util.Collection;
import java.util.Map;

/** Tests of Jinja: {@code value is name}. Stateless. */
public final class Tests {
  /** A test. */
  @FunctionalInterface
  interface Test {
    boolean check(Object value, Arguments arguments);
  }

  private static final Map<String, Test> ALL =
      Map.ofEntries(
          Map.entry("boolean", (value, a) -> value instanceof Boolean),
          Map.entry("callable", (value, a) -> value instanceof Callable),
          Map.entry("defined", (value, a) -> !(value instanceof Undefined)),
          Map.entry(
              "divisibleby",
              (value, a) -> Operators.equal(Operators.apply("%", value, a.get(0, "num")), 0L)),
          Map.entry("eq", (value, a) -> Operators.equal(value, a.get(0, "other"))),
          Map.entry("==", (value, a) -> Operators.equal(value, a.get(0, "other"))),
          Map.entry("equalto", (value, a) -> Operators.equal(value, a.get(0, "other"))),
          Map.entry("even", (value, a) -> Values.integer(value) % 2 == 0),
          Map.entry("false", (value, a) -> Boolean.FALSE.equals(value)),
          Map.entry("filter", (value, a) -> Filters.named(Values.text(value).chars()) != null),
          Map.entry("float", (value, a) -> value instanceof Double),
          Map.entry("ge", (value, a) -> Operators.compare(value, a.get(0, "other")) >= 0),
          Map.entry("greaterthan", (value, a) -> Operators.compare(value, a.get(0, "other")) > 0),
          Map.entry("gt", (value, a) -> Operators.compare(value, a.get(0, "other")) > 0),
          Map.entry("in", (value, a) -> Operators.contains(a.get(0, "seq"), value)),
          Map.entry("integer", (value, a) -> value instanceof Long),
          Map.entry(
              "iterable",
              (value, a) ->
                  value instanceof Text
                      || value instanceof Collection
                      || value instanceof Map
                      || value instanceof Undefined),
          Map.entry("le", (value, a) -> Operators.compare(value, a.get(0, "other")) <= 0),
          Map.entry("lessthan", (value, a) -> Operators.compare(value, a.get(0, "other")) < 0),
          Map.entry(
              "lower",
              (value, a) ->
                  Values.written(value).equals(StringMethods.lower(Values.written(value)))),
          Map.entry("lt", (value, a) -> Operators.compare(value, a.get(0, "other")) < 0),
          Map.entry("mapping", (value, a) -> value instanceof Map),
          Map.entry("ne", (value, a) -> !Operators.equal(value, a.get(0, "other"))),
          Map.entry("!=", (value, a) -> !Operators.equal(value, a.get(0, "other"))),
          Map.entry("none", (value, a) -> value == null),
          Map.entry("number", (value, a) -> value instanceof Number || value instanceof Boolean),
          Map.entry("odd", (value, a) -> Values.integer(value) % 2 != 0),
          Map.entry("sameas", (value, a) -> isSame(value, a.get(0, "other"))),
          Map.entry(
              "sequence",
              (value, a) ->
                  value instanceof Text
                      || value instanceof Collection
                      || value instanceof Map
                      || value instanceof Undefined),
          Map.entry("string", (value, a) -> value instanceof Text),
          Map.entry("test", (value, a) -> isTest(Values.text(value).chars())),
          Map.entry("true", (value, a) -> Boolean.TRUE.equals(value)),
          Map.entry("undefined", (value, a) -> value instanceof Undefined),
          Map.entry(
              "upper",
              (value, a) ->
                  Values.written(value).equals(StringMethods.upper(Values.written(value)))));

  private Tests() {}

  private static boolean isSame(Object value, Object other) {
    return value == other || (!(value instanceof Collection) && Operators.equal(value, other));
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
    return test.check(value, arguments);
  }
}
