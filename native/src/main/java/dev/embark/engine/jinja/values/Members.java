package dev.embark.engine.jinja.values;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Attributes, items and slices of values. The methods are those of Python that read a value: as in
 * transformers, a template changes no list and no mapping. Stateless.
 */
public final class Members {
  private Members() {}

  /** Returns {@code value.name}. */
  public static Object attribute(Object value, String name) {
    if (value instanceof Namespace namespace) {
      return namespace.get(name);
    } else if (value instanceof Undefined undefined) {
      throw undefined.error();
    } else if (value instanceof Text text) {
      Callable method = StringMethods.of(text, name);
      return method == null ? new Undefined(name) : method;
    } else if (value instanceof Map<?, ?> map) {
      Callable method = method(map, name);
      return method == null ? item(map, Text.of(name)) : method;
    } else if (value instanceof List<?> list) {
      return switch (name) {
        case "index" ->
            (Callable)
                (rendering, arguments) ->
                    index(new Comparison(rendering), list, arguments.get(0, "value"));
        case "count" ->
            (Callable)
                (rendering, arguments) ->
                    list.stream()
                        .filter(
                            item ->
                                new Comparison(rendering).equal(item, arguments.get(0, "value")))
                        .count();
        case "append", "extend", "insert", "pop", "remove", "sort", "reverse", "clear" ->
            throw changes(name);
        default -> new Undefined(name);
      };
    }
    return new Undefined(name);
  }

  private static JinjaException changes(String name) {
    return new JinjaException("the method " + name + " would change a value");
  }

  private static long index(Comparison comparison, List<?> list, Object wanted) {
    for (int i = 0; i < list.size(); i++) {
      if (comparison.equal(list.get(i), wanted)) {
        return i;
      }
    }
    throw new JinjaException("a list lacks the item that index looks for");
  }

  private static Callable method(Map<?, ?> map, String name) {
    return switch (name) {
      case "get" ->
          (rendering, arguments) -> {
            Object key = arguments.get(0, "key");
            return map.containsKey(key) ? map.get(key) : arguments.get(1, "default", null);
          };
      case "keys" -> (rendering, arguments) -> new ArrayList<>(map.keySet());
      case "values" -> (rendering, arguments) -> new ArrayList<>(map.values());
      case "items" -> (rendering, arguments) -> entries(map);
      case "copy" -> (rendering, arguments) -> map;
      case "update", "pop", "popitem", "setdefault", "clear" ->
          (rendering, arguments) -> {
            throw changes(name);
          };
      default -> null;
    };
  }

  /** Returns pairs of key and value. */
  public static List<Object> entries(Map<?, ?> map) {
    List<Object> entries = new ArrayList<>();
    map.forEach(
        (key, value) -> {
          List<Object> entry = new ArrayList<>();
          entry.add(key);
          entry.add(value);
          entries.add(entry);
        });
    return entries;
  }

  /** Returns {@code value[key]}. */
  public static Object item(Object value, Object key) {
    if (value instanceof Map<?, ?> map) {
      if (map.containsKey(key)) {
        return map.get(key);
      }
      Callable method = key instanceof Text name ? method(map, name.chars()) : null;
      return method == null ? new Undefined(Values.written(key).shown()) : method;
    } else if (value instanceof Undefined undefined) {
      throw undefined.error();
    } else if ((value instanceof List || value instanceof Text) && key instanceof Long index) {
      long n = Values.length(value);
      long at = index < 0 ? index + n : index;
      if (at < 0 || at >= n) {
        return new Undefined("item " + index);
      }
      return value instanceof List<?> list ? list.get((int) at) : slice(value, at, at + 1, null);
    } else if (key instanceof Text name) {
      return attribute(value, name.chars());
    }
    return new Undefined(Values.written(key).shown());
  }

  /** Returns {@code value[from:to:step]}; null for a bound that is not given. */
  public static Object slice(Object value, Object from, Object to, Object step) {
    int stride = step == null ? 1 : Values.integer(step);
    if (stride == 0) {
      throw new JinjaException("a slice has the step 0");
    }
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    int n = (int) Values.length(value);
    int lowest = stride > 0 ? 0 : -1;
    int highest = stride > 0 ? n : n - 1;
    int start = from == null ? (stride > 0 ? lowest : highest) : bound(from, n, lowest, highest);
    int end = to == null ? (stride > 0 ? highest : lowest) : bound(to, n, lowest, highest);
    if (value instanceof Text text && stride == 1) {
      int first = text.chars().offsetByCodePoints(0, start);
      return start < end
          ? text.slice(first, text.chars().offsetByCodePoints(first, end - start))
          : Text.EMPTY;
    }
    List<?> items = Values.items(value);
    List<Object> slice = new ArrayList<>();
    for (long i = start; stride > 0 ? i < end : i > end; i += stride) {
      slice.add(items.get((int) i));
    }
    if (value instanceof Text) {
      TextBuilder text = new TextBuilder();
      slice.forEach(character -> text.append((Text) character));
      return text.build();
    }
    return slice;
  }

  private static int bound(Object given, int n, int lowest, int highest) {
    long index = Values.integer(given);
    return (int) Math.max(lowest, Math.min(highest, index < 0 ? index + n : index));
  }
}
