package dev.embark.engine.jinja.values;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Arguments of a call. */
public record Arguments(List<Object> positional, Map<String, Object> named) {
  public static final Arguments NONE = new Arguments(List.of(), Map.of());

  public static Arguments of(Object... values) {
    return new Arguments(Arrays.asList(values), Map.of());
  }

  public int size() {
    return positional.size();
  }

  /** Returns an argument by position, else by name, else the default. */
  public Object get(int position, String name, Object defaultValue) {
    return position < positional.size()
        ? positional.get(position)
        : named.getOrDefault(name, defaultValue);
  }

  /**
   * Returns an argument by position, else by name.
   *
   * @throws JinjaException if there is none
   */
  public Object get(int position, String name) {
    if (position >= positional.size() && !named.containsKey(name)) {
      throw new JinjaException("a call lacks its argument " + name);
    }
    return get(position, name, null);
  }

  /** Returns an argument that is a text. */
  public Text text(int position, String name) {
    return Values.text(get(position, name));
  }

  /** Returns an argument that is an integer. */
  public int integer(int position, String name, int defaultValue) {
    return Values.integer(get(position, name, (long) defaultValue));
  }

  public boolean flag(int position, String name, boolean defaultValue) {
    return Values.isTrue(get(position, name, defaultValue));
  }
}
