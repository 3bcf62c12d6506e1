package dev.embark.engine.jinja.values;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Writes values as JSON, as Python's {@code json.dumps} does. Not thread-safe. */
public final class Json {
  private static final int MAX_VALUES = 1 << 18;

  private final boolean asciiOnly;
  private final boolean sortsKeys;
  private final String indent; // null for one line
  private final String betweenItems;
  private final String afterKey;
  private final TextBuilder out = new TextBuilder();
  private int valuesLeft = MAX_VALUES; // lists may share parts, so that small ones are written long

  private Json(Arguments arguments) {
    this.asciiOnly = arguments.flag(0, "ensure_ascii", false);
    Object given = arguments.get(1, "indent", null);
    List<?> separators =
        arguments.get(2, "separators", null) instanceof List<?> list ? list : List.of();
    this.sortsKeys = arguments.flag(3, "sort_keys", false);
    this.indent =
        given == null
            ? null
            : given instanceof Text text
                ? text.chars()
                : " ".repeat(Math.max(0, Math.min(64, Values.integer(given))));
    boolean chosen = separators.size() == 2;
    this.betweenItems =
        chosen ? Values.text(separators.get(0)).chars() : indent == null ? ", " : ",";
    this.afterKey = chosen ? Values.text(separators.get(1)).chars() : ": ";
  }

  /**
   * Writes a value.
   *
   * @param arguments those of the filter {@code tojson} in transformers
   */
  public static Text of(Object value, Arguments arguments) {
    Json json = new Json(arguments);
    json.write(value, 0);
    return json.out.build();
  }

  private void write(Object value, int depth) {
    if (valuesLeft-- == 0) {
      throw new JinjaException("tojson writes more than " + MAX_VALUES + " values");
    }
    if (value == null) {
      out.append("null");
    } else if (value instanceof Boolean || value instanceof Long) {
      out.append(value.toString());
    } else if (value instanceof Double number) {
      out.append(Values.written(number));
    } else if (value instanceof Text text) {
      out.append(quoted(text));
    } else if (value instanceof Map<?, ?> map) {
      List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
      if (sortsKeys) {
        entries.sort(
            Comparator.comparing(
                (Map.Entry<?, ?> entry) -> Values.written(entry.getKey()).chars()));
      }
      items(
          '{',
          entries.stream()
              .<Runnable>map(
                  entry ->
                      () -> {
                        out.append(quoted(Values.written(entry.getKey()))).append(afterKey);
                        write(entry.getValue(), depth + 1);
                      })
              .toList(),
          '}',
          depth);
    } else if (value instanceof Collection<?> list) {
      items(
          '[',
          list.stream().<Runnable>map(item -> () -> write(item, depth + 1)).toList(),
          ']',
          depth);
    } else {
      throw Values.wrong(value, "JSON");
    }
  }

  private void items(char open, List<Runnable> items, char close, int depth) {
    out.append(String.valueOf(open));
    String between = "";
    for (Runnable item : items) {
      out.append(between).append(lineBreak(depth + 1));
      item.run();
      between = betweenItems;
    }
    out.append(items.isEmpty() ? "" : lineBreak(depth)).append(String.valueOf(close));
  }

  private String lineBreak(int depth) {
    return indent == null ? "" : "\n" + indent.repeat(depth);
  }

  private Text quoted(Text text) {
    StringBuilder quoted = new StringBuilder("\"");
    String chars = text.chars();
    for (int i = 0; i < chars.length(); i++) {
      char c = chars.charAt(i);
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        case '\b' -> quoted.append("\\b");
        case '\f' -> quoted.append("\\f");
        default -> {
          if (c < ' ' || (asciiOnly && c > '~')) {
            quoted.append(String.format("\\u%04x", (int) c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return text.rewritten(quoted.append('"').toString());
  }
}
