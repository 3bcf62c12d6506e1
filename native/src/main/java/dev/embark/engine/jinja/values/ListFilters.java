package dev.embark.engine.jinja.values;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Filters that select, order and combine the items of lists. Stateless. */
final class ListFilters {
  private ListFilters() {}

  static List<Object> dictSort(Rendering rendering, Object value, Arguments arguments) {
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

  static Text join(Object value, Arguments arguments) {
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

  static List<Object> map(Rendering rendering, Object value, Arguments arguments) {
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

  static List<Object> select(
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

  static Object extreme(Rendering rendering, Object value, Comparator<Integer> order) {
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

  static List<Object> sort(Rendering rendering, Object value, Arguments arguments) {
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

  static Object sum(Object value, Arguments arguments) {
    Object attribute = arguments.get(0, "attribute", null);
    Object sum = arguments.get(1, "start", 0L);
    for (Object item : Values.items(value)) {
      sum = Operators.apply("+", sum, attribute == null ? item : path(item, attribute));
    }
    return sum;
  }

  static List<Object> unique(Object value, Arguments arguments) {
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
