package dev.embark.engine.jinja.values;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Filters of Jinja, and {@code tojson} as transformers has it. Stateless. */
public final class Filters {
  /** A filter. */
  @FunctionalInterface
  interface Filter {
    Object apply(Rendering rendering, Object value, Arguments arguments);
  }

  private static final Map<String, Filter> ALL =
      Map.ofEntries(
          Map.entry("abs", (r, value, a) -> abs(r, value)),
          Map.entry("capitalize", (r, value, a) -> StringMethods.capitalize(Values.written(value))),
          Map.entry("count", (r, value, a) -> Values.length(value)),
          Map.entry("d", (r, value, a) -> orDefault(value, a)),
          Map.entry("default", (r, value, a) -> orDefault(value, a)),
          Map.entry("dictsort", (r, value, a) -> ListFilters.dictSort(r, value, a)),
          Map.entry("e", (r, value, a) -> escape(value)),
          Map.entry("escape", (r, value, a) -> escape(value)),
          Map.entry("first", (r, value, a) -> Members.item(Values.items(value), 0L)),
          Map.entry("float", (r, value, a) -> toFloat(value, a.get(0, "default", 0.0))),
          Map.entry("format", (r, value, a) -> Formats.percent(Values.text(value), a.positional())),
          Map.entry("indent", (r, value, a) -> indent(Values.written(value), a)),
          Map.entry("int", (r, value, a) -> toInteger(value, a.get(0, "default", 0L))),
          Map.entry(
              "items",
              (r, value, a) ->
                  value instanceof Undefined ? List.of() : Members.entries(Values.map(value))),
          Map.entry("join", (r, value, a) -> ListFilters.join(value, a)),
          Map.entry("last", (r, value, a) -> Members.item(Values.items(value), -1L)),
          Map.entry("length", (r, value, a) -> Values.length(value)),
          Map.entry("list", (r, value, a) -> new ArrayList<>(Values.items(value))),
          Map.entry("lower", (r, value, a) -> StringMethods.lower(Values.written(value))),
          Map.entry("map", ListFilters::map),
          Map.entry(
              "max", (r, value, a) -> ListFilters.extreme(r, value, Comparator.reverseOrder())),
          Map.entry(
              "min", (r, value, a) -> ListFilters.extreme(r, value, Comparator.naturalOrder())),
          Map.entry("reject", (r, value, a) -> ListFilters.select(r, value, a, false, false)),
          Map.entry("rejectattr", (r, value, a) -> ListFilters.select(r, value, a, true, false)),
          Map.entry("replace", (r, value, a) -> StringMethods.replace(Values.written(value), a)),
          Map.entry("reverse", (r, value, a) -> Members.slice(value, null, null, -1L)),
          Map.entry("round", (r, value, a) -> round(value, a)),
          Map.entry("safe", (r, value, a) -> Values.written(value)),
          Map.entry("select", (r, value, a) -> ListFilters.select(r, value, a, false, true)),
          Map.entry("selectattr", (r, value, a) -> ListFilters.select(r, value, a, true, true)),
          Map.entry("sort", (r, value, a) -> ListFilters.sort(r, value, a)),
          Map.entry("string", (r, value, a) -> Values.written(value)),
          Map.entry("sum", (r, value, a) -> ListFilters.sum(value, a)),
          Map.entry("title", (r, value, a) -> StringMethods.title(Values.written(value))),
          Map.entry("tojson", (r, value, a) -> Json.of(value, a)),
          Map.entry(
              "trim", (r, value, a) -> StringMethods.strip(Values.written(value), a, true, true)),
          Map.entry("unique", (r, value, a) -> ListFilters.unique(value, a)),
          Map.entry("upper", (r, value, a) -> StringMethods.upper(Values.written(value))),
          Map.entry(
              "wordcount",
              (r, value, a) -> (long) StringMethods.words(Values.written(value), -1).size()));

  private Filters() {}

  /** Returns a filter; null if there is none of that name. */
  public static Filter named(String name) {
    return ALL.get(name);
  }

  public static Object apply(Rendering rendering, String name, Object value, Arguments arguments) {
    Filter filter = ALL.get(name);
    if (filter == null) {
      throw new JinjaException("there is no such filter");
    }
    rendering.stepOver(value);
    Object result = filter.apply(rendering, value, arguments);
    rendering.stepOver(result);
    return result;
  }

  private static Object abs(Rendering rendering, Object value) {
    return new Comparison(rendering).order(value, 0L) < 0 ? Operators.negated(value) : value;
  }

  private static Object orDefault(Object value, Arguments arguments) {
    boolean isMissing =
        value instanceof Undefined
            || (arguments.flag(1, "boolean", false) && !Values.isTrue(value));
    return isMissing ? arguments.get(0, "default_value", Text.EMPTY) : value;
  }

  private static Text escape(Object value) {
    Text text = Values.written(value);
    String escaped =
        text.chars()
            .replace("&", "&amp;")
            .replace(">", "&gt;")
            .replace("<", "&lt;")
            .replace("'", "&#39;")
            .replace("\"", "&#34;");
    return text.rewritten(escaped);
  }

  private static Object toFloat(Object value, Object otherwise) {
    try {
      return value instanceof Number number
          ? (Object) number.doubleValue()
          : Double.valueOf(Values.written(value).chars().strip());
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  private static Object toInteger(Object value, Object otherwise) {
    try {
      return value instanceof Boolean flag
          ? (Object) (flag ? 1L : 0L)
          : value instanceof Number number
              ? number.longValue()
              : new BigDecimal(Values.written(value).chars().strip()).longValue();
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  private static Text indent(Text text, Arguments arguments) {
    Object width = arguments.get(0, "width", 4L);
    String indent =
        width instanceof Text given
            ? given.chars()
            : " ".repeat(Math.max(0, Math.min(1000, Values.integer(width))));
    boolean first = arguments.flag(1, "first", false);
    boolean blank = arguments.flag(2, "blank", false);
    TextBuilder out = new TextBuilder();
    List<Object> lines = StringMethods.lines(text.plus(Text.of("\n")), false);
    for (int i = 0; i < lines.size(); i++) {
      Text line = (Text) lines.get(i);
      boolean indents = i == 0 ? first : blank || !line.isEmpty();
      out.append(i == 0 ? "" : "\n").append(indents ? indent : "").append(line);
    }
    return out.build();
  }

  private static Object round(Object value, Arguments arguments) {
    int digits = arguments.integer(0, "precision", 0);
    RoundingMode mode =
        switch (Values.written(arguments.get(1, "method", Text.of("common"))).chars()) {
          case "ceil" -> RoundingMode.CEILING;
          case "floor" -> RoundingMode.FLOOR;
          default -> RoundingMode.HALF_EVEN;
        };
    double number = ((Number) toFloat(value, 0.0)).doubleValue();
    return new BigDecimal(number)
        .setScale(Math.max(-100, Math.min(100, digits)), mode)
        .doubleValue();
  }
}
