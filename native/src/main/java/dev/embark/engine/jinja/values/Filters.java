package dev.embark.engine.jinja.values;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

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
          Map.entry("dictsort", (r, value, a) -> dictSort(r, value, a)),
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
          Map.entry("join", (r, value, a) -> join(value, a)),
          Map.entry("last", (r, value, a) -> Members.item(Values.items(value), -1L)),
          Map.entry("length", (r, value, a) -> Values.length(value)),
          Map.entry("list", (r, value, a) -> new ArrayList<>(Values.items(value))),
          Map.entry("lower", (r, value, a) -> StringMethods.lower(Values.written(value))),
          Map.entry("map", Filters::map),
          Map.entry("max", (r, value, a) -> extreme(r, value, Comparator.reverseOrder())),
          Map.entry("min", (r, value, a) -> extreme(r, value, Comparator.naturalOrder())),
          Map.entry("reject", (r, value, a) -> select(r, value, a, false, false)),
          Map.entry("rejectattr", (r, value, a) -> select(r, value, a, true, false)),
          Map.entry("replace", (r, value, a) -> StringMethods.replace(Values.written(value), a)),
          Map.entry("reverse", (r, value, a) -> Members.slice(value, null, null, -1L)),
          Map.entry("round", (r, value, a) -> round(value, a)),
          Map.entry("safe", (r, value, a) -> Values.written(value)),
          Map.entry("select", (r, value, a) -> select(r, value, a, false, true)),
          Map.entry("selectattr", (r, value, a) -> select(r, value, a, true, true)),
          Map.entry("sort", (r, value, a) -> sort(r, value, a)),
          Map.entry("string", (r, value, a) -> Values.written(value)),
          Map.entry("sum", (r, value, a) -> sum(value, a)),
          Map.entry("title", (r, value, a) -> StringMethods.title(Values.written(value))),
          Map.entry("tojson", (r, value, a) -> Json.of(value, a)),
          Map.entry(
              "trim", (r, value, a) -> StringMethods.strip(Values.written(value), a, true, true)),
          Map.entry("unique", (r, value, a) -> unique(value, a)),
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

  private static List<Object> dictSort(Rendering rendering, Object value, Arguments arguments) {
    boolean keepsCase = arguments.flag(0, "case_sensitive", false);
    boolean byValue =
        Values.written(arguments.get(1, "by", Text.of("key"))).chars().equals("value");
    List<Object> entries = Members.entries(Values.map(value));
    Comparator<Object> order =
        (a, b) ->
            new Comparison(rendering)
                .order(
                    sortable(((List<?>) a).get(byValue ? 1 : 0), keepsCase),
                    sortable(((List<?>) b).get(byValue ? 1 : 0), keepsCase));
    entries.sort(arguments.flag(2, "reverse", false) ? order.reversed() : order);
    return entries;
  }

  private static Object sortable(Object value, boolean keepsCase) {
    return value instanceof Text text && !keepsCase ? StringMethods.lower(text) : value;
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

  private static Text join(Object value, Arguments arguments) {
    Text separator = Values.written(arguments.get(0, "d", Text.EMPTY));
    Object attribute = arguments.get(1, "attribute", null);
    TextBuilder out = new TextBuilder();
    boolean first = true;
    for (Object item : Values.items(value)) {
      Object shown = attribute == null ? item : path(item, attribute);
      out.append(first ? Text.EMPTY : separator).append(Values.written(shown));
      first = false;
    }
    return out.build();
  }

  /** Returns the attribute of an item; a name may have dots. */
  private static Object path(Object item, Object attribute) {
    Object value = item;
    if (!(attribute instanceof Text names)) {
      return Members.item(item, attribute);
    }
    for (String name : names.chars().split("\\.", -1)) {
      boolean isIndex = !name.isEmpty() && name.chars().allMatch(Character::isDigit);
      value = Members.item(value, isIndex ? (Object) Long.valueOf(name) : Text.of(name));
    }
    return value;
  }

  private static List<Object> map(Rendering rendering, Object value, Arguments arguments) {
    Object attribute = arguments.named().get("attribute");
    List<Object> mapped = new ArrayList<>();
    for (Object item : itemsIfAny(value)) {
      if (attribute != null) {
        Object found = path(item, attribute);
        mapped.add(
            found instanceof Undefined ? arguments.named().getOrDefault("default", found) : found);
      } else {
        String filter = arguments.text(0, "filter").chars();
        mapped.add(Filters.apply(rendering, filter, item, rest(arguments, 1)));
      }
    }
    return mapped;
  }

  /** Returns the items of a list; none of what counts as false. */
  private static List<?> itemsIfAny(Object value) {
    return Values.isTrue(value) ? Values.items(value) : List.of();
  }

  private static Arguments rest(Arguments arguments, int from) {
    List<Object> all = arguments.positional();
    return new Arguments(all.subList(Math.min(from, all.size()), all.size()), arguments.named());
  }

  private static List<Object> select(
      Rendering rendering, Object value, Arguments arguments, boolean byAttribute, boolean keeps) {
    int first = byAttribute ? 1 : 0;
    Predicate<Object> condition =
        arguments.size() > first
            ? item ->
                Tests.check(
                    rendering,
                    arguments.text(first, "test").chars(),
                    item,
                    rest(arguments, first + 1))
            : Values::isTrue;
    return itemsIfAny(value).stream()
        .filter(
            item ->
                condition.test(byAttribute ? path(item, arguments.get(0, "attribute")) : item)
                    == keeps)
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private static Object extreme(Rendering rendering, Object value, Comparator<Integer> order) {
    Object best = null;
    List<?> items = Values.items(value);
    for (Object item : items) {
      boolean isBetter =
          best == null
              || order.compare(
                      new Comparison(rendering).order(sortable(item, false), sortable(best, false)),
                      0)
                  < 0;
      best = isBetter ? item : best;
    }
    return items.isEmpty() ? new Undefined("item 0") : best;
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

  private static List<Object> sort(Rendering rendering, Object value, Arguments arguments) {
    boolean keepsCase = arguments.flag(1, "case_sensitive", false);
    Object attribute = arguments.get(2, "attribute", null);
    Comparator<Object> order =
        (a, b) ->
            new Comparison(rendering)
                .order(
                    sortable(attribute == null ? a : path(a, attribute), keepsCase),
                    sortable(attribute == null ? b : path(b, attribute), keepsCase));
    List<Object> sorted = new ArrayList<>(Values.items(value));
    sorted.sort(arguments.flag(0, "reverse", false) ? order.reversed() : order);
    return sorted;
  }

  private static Object sum(Object value, Arguments arguments) {
    Object attribute = arguments.get(0, "attribute", null);
    Object sum = arguments.get(1, "start", 0L);
    for (Object item : Values.items(value)) {
      sum = Operators.apply("+", sum, attribute == null ? item : path(item, attribute));
    }
    return sum;
  }

  private static List<Object> unique(Object value, Arguments arguments) {
    boolean keepsCase = arguments.flag(0, "case_sensitive", false);
    Object attribute = arguments.get(1, "attribute", null);
    Set<Object> seen = new HashSet<>();
    List<Object> unique = new ArrayList<>();
    for (Object item : Values.items(value)) {
      if (seen.add(sortable(attribute == null ? item : path(item, attribute), keepsCase))) {
        unique.add(item);
      }
    }
    return unique;
  }
}
