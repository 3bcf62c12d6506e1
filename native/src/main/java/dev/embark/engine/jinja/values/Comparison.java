package dev.embark.engine.jinja.values;

import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Comparisons of values.
 *
 * @param rendering counts a step for each value that is compared: lists may share parts, so that
 *     comparing small ones takes for ever
 */
public record Comparison(Rendering rendering) {

  /** Applies an operator, {@code in} and {@code not in} included. */
  public boolean holds(String operator, Object left, Object right) {
    return switch (operator) {
      case "==" -> equal(left, right);
      case "!=" -> !equal(left, right);
      case "<" -> order(left, right) < 0;
      case "<=" -> order(left, right) <= 0;
      case ">" -> order(left, right) > 0;
      case ">=" -> order(left, right) >= 0;
      case "in" -> contains(right, left);
      default -> !contains(right, left); // not in
    };
  }

  boolean equal(Object left, Object right) {
    rendering.stepOver(left);
    if (left == right) {
      return true;
    } else if (isNumber(left) && isNumber(right)) {
      return Operators.number(left, "==", right).doubleValue()
          == Operators.number(right, "==", left).doubleValue();
    } else if (left instanceof List<?> a && right instanceof List<?> b) {
      Iterator<?> others = b.iterator();
      return a.size() == b.size() && a.stream().allMatch(item -> equal(item, others.next()));
    } else if (left instanceof Map<?, ?> a && right instanceof Map<?, ?> b) {
      return a.size() == b.size()
          && a.entrySet().stream()
              .allMatch(
                  entry ->
                      b.containsKey(entry.getKey())
                          && equal(entry.getValue(), b.get(entry.getKey())));
    }
    return left != null && left.equals(right);
  }

  private static boolean isNumber(Object value) {
    return value instanceof Number || value instanceof Boolean;
  }

  /** Compares numbers, strings or lists; negative if the left one comes first. */
  int order(Object left, Object right) {
    rendering.stepOver(left);
    rendering.stepOver(right);
    if (left instanceof Text a && right instanceof Text b) {
      return Arrays.compare(a.chars().codePoints().toArray(), b.chars().codePoints().toArray());
    } else if (left instanceof List<?> a && right instanceof List<?> b) {
      for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
        if (!equal(a.get(i), b.get(i))) {
          return order(a.get(i), b.get(i));
        }
      }
      return Integer.compare(a.size(), b.size());
    }
    Number a = Operators.number(left, "<", right);
    Number b = Operators.number(right, "<", left);
    return a instanceof Long x && b instanceof Long y
        ? Long.compare(x, y)
        : Double.compare(a.doubleValue(), b.doubleValue());
  }

  boolean contains(Object container, Object item) {
    rendering.stepOver(container);
    if (container instanceof Text text) {
      return text.chars().contains(Values.text(item).chars());
    } else if (container instanceof Map<?, ?> map) {
      return map.containsKey(item);
    } else if (container instanceof Collection<?> list) {
      return list.stream().anyMatch(element -> equal(element, item));
    } else if (container instanceof Undefined) {
      return false;
    }
    throw Values.wrong(container, "a list");
  }
}
