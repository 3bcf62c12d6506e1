package dev.embark.engine.jinja.values;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Values of a template: conversions as Python makes them. Stateless. */
public final class Values {
  private Values() {}

  /** Converts a Java value; strings become texts of the template. */
  public static Object of(Object value) {
    if (value instanceof String string) {
      return Text.of(string);
    } else if (value instanceof Integer number) {
      return number.longValue();
    } else if (value instanceof Collection<?> list) {
      return list.stream().map(Values::of).collect(Collectors.toCollection(ArrayList::new));
    } else if (value instanceof Map<?, ?> map) {
      Map<Object, Object> converted = new LinkedHashMap<>();
      map.forEach((key, item) -> converted.put(of(key), of(item)));
      return converted;
    }
    return value;
  }

  /** Returns the number of characters or items, 1 for others. */
  public static long size(Object value) {
    if (value instanceof Text text) {
      return text.length();
    } else if (value instanceof Collection<?> list) {
      return list.size();
    } else if (value instanceof Map<?, ?> map) {
      return map.size();
    }
    return 1;
  }

  public static boolean isTrue(Object value) {
    if (value instanceof Boolean flag) {
      return flag;
    } else if (value instanceof Number number) {
      return number.doubleValue() != 0;
    } else if (value instanceof Text || value instanceof Collection<?> || value instanceof Map) {
      return size(value) > 0;
    }
    return value != null && !(value instanceof Undefined);
  }

  public static Text text(Object value) {
    if (value instanceof Text text) {
      return text;
    }
    throw wrong(value, "a string");
  }

  public static int integer(Object value) {
    if (value instanceof Boolean flag) {
      return flag ? 1 : 0;
    } else if (value instanceof Long number) {
      return (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, number));
    }
    throw wrong(value, "an integer");
  }

  public static Map<?, ?> map(Object value) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw wrong(value, "a mapping");
  }

  /** Returns the items of a list, the keys of a mapping or the characters of a string. */
  public static List<?> items(Object value) {
    if (value instanceof List<?> list) {
      return list;
    } else if (value instanceof Collection<?> collection) {
      return new ArrayList<>(collection);
    } else if (value instanceof Map<?, ?> map) {
      return new ArrayList<>(map.keySet());
    } else if (value instanceof Undefined) {
      return List.of();
    } else if (value instanceof Text text) {
      Operators.checkItems(text.length());
      List<Text> characters = new ArrayList<>();
      for (int from = 0; from < text.length(); ) {
        int to = text.chars().offsetByCodePoints(from, 1);
        characters.add(text.slice(from, to));
        from = to;
      }
      return characters;
    }
    throw wrong(value, "a list");
  }

  /** Returns the number of items, or of code points of a string. */
  public static long length(Object value) {
    if (value instanceof Text text) {
      return text.chars().codePointCount(0, text.length());
    }
    return value instanceof Map<?, ?> map ? map.size() : items(value).size();
  }

  public static JinjaException wrong(Object value, String wanted) {
    return value instanceof Undefined undefined
        ? undefined.error()
        : new JinjaException(kind(value) + " is used as " + wanted);
  }

  /** Returns what a value is called in a message. */
  public static String kind(Object value) {
    if (value == null) {
      return "none";
    } else if (value instanceof Text) {
      return "a string";
    } else if (value instanceof Boolean) {
      return "a boolean";
    } else if (value instanceof Number) {
      return "a number";
    } else if (value instanceof Map) {
      return "a mapping";
    } else if (value instanceof Collection) {
      return "a list";
    }
    return "a function";
  }

  /** Returns a value as the template writes it: {@code str(value)}. */
  public static Text written(Object value) {
    if (value instanceof Text text) {
      return text;
    } else if (value instanceof Undefined) {
      return Text.EMPTY;
    }
    return represented(value);
  }

  /** Returns a value as it appears inside a written list: {@code repr(value)}. */
  public static Text represented(Object value) {
    TextBuilder out = new TextBuilder();
    represent(value, out);
    return out.build();
  }

  private static void represent(Object value, TextBuilder out) {
    if (value == null) {
      out.append("None");
    } else if (value instanceof Boolean flag) {
      out.append(flag ? "True" : "False");
    } else if (value instanceof Double number) {
      out.append(written(number));
    } else if (value instanceof Text text) {
      out.append(quoted(text));
    } else if (value instanceof Map<?, ?> map) {
      out.append("{");
      boolean first = true;
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        out.append(first ? "" : ", ");
        first = false;
        represent(entry.getKey(), out);
        out.append(": ");
        represent(entry.getValue(), out);
      }
      out.append("}");
    } else if (value instanceof Collection<?> list) {
      out.append("[");
      boolean first = true;
      for (Object item : list) {
        out.append(first ? "" : ", ");
        first = false;
        represent(item, out);
      }
      out.append("]");
    } else if (value instanceof Long) {
      out.append(value.toString());
    } else if (value instanceof Undefined) {
      out.append("Undefined");
    } else {
      throw wrong(value, "text");
    }
  }

  /** Returns a number as Python writes it: 1.0, 0.5, 1e+16. */
  public static String written(Double number) {
    if (number.isNaN() || number.isInfinite()) {
      return number.isNaN() ? "nan" : number > 0 ? "inf" : "-inf";
    }
    double size = Math.abs(number);
    if (size == 0 || (size >= 1e-4 && size < 1e16)) {
      String plain = new BigDecimal(number.toString()).toPlainString();
      String whole = number < 0 || 1 / number < 0 ? "-" + plain.replace("-", "") : plain;
      return whole.contains(".") ? whole : whole + ".0";
    }
    String[] parts = number.toString().split("E", 2);
    String digits =
        parts[0].endsWith(".0") ? parts[0].substring(0, parts[0].length() - 2) : parts[0];
    int exponent = Integer.parseInt(parts[1]);
    return digits + String.format("e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  private static Text quoted(Text text) {
    String chars = text.chars();
    char quote = chars.indexOf('\'') >= 0 && chars.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder out = new StringBuilder().append(quote);
    for (int i = 0; i < chars.length(); i++) {
      char c = chars.charAt(i);
      switch (c) {
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\\' -> out.append("\\\\");
        default -> {
          if (c == quote) {
            out.append('\\').append(c);
          } else if (c < ' ' || c == 127) {
            out.append(String.format("\\x%02x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    return text.rewritten(out.append(quote).toString());
  }
}
