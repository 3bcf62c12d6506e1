package dev.embark.engine.jinja.values;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Operators of expressions. Stateless. */
public final class Operators {
  private static final int MAX_ITEMS = 1 << 20;

  private Operators() {}

  public static Object apply(String operator, Object left, Object right) {
    try {
      return switch (operator) {
        case "+" -> plus(left, right);
        case "*" -> times(left, right);
        case "%" ->
            left instanceof Text format
                ? Formats.percent(format, right)
                : arithmetic("%", left, right);
        case "~" -> Values.written(left).plus(Values.written(right));
        default -> arithmetic(operator, left, right);
      };
    } catch (ArithmeticException e) {
      throw new JinjaException("a number is too large, or divided by zero");
    }
  }

  private static Object plus(Object left, Object right) {
    if (left instanceof Text a && right instanceof Text b) {
      return a.plus(b);
    } else if (left instanceof List<?> a && right instanceof List<?> b) {
      List<Object> all = new ArrayList<>(a);
      all.addAll(b);
      return limited(all);
    }
    return arithmetic("+", left, right);
  }

  private static Object times(Object left, Object right) {
    if (left instanceof Text || left instanceof List) {
      return repeated(left, Values.integer(right));
    } else if (right instanceof Text || right instanceof List) {
      return repeated(right, Values.integer(left));
    }
    return arithmetic("*", left, right);
  }

  private static Object repeated(Object value, int times) {
    if (times > MAX_ITEMS) {
      throw new JinjaException("a value is repeated more than " + MAX_ITEMS + " times");
    }
    if (value instanceof Text text) {
      TextBuilder out = new TextBuilder();
      for (int i = 0; i < times; i++) {
        out.append(text);
      }
      return out.build();
    }
    List<Object> all = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      all.addAll((List<?>) value);
      limited(all);
    }
    return all;
  }

  /** Returns the list unless it is too long. */
  public static <T> List<T> limited(List<T> list) {
    if (list.size() > MAX_ITEMS) {
      throw new JinjaException("a list has more than " + MAX_ITEMS + " items");
    }
    return list;
  }

  private static Object arithmetic(String operator, Object left, Object right) {
    Number a = number(left, operator, right);
    Number b = number(right, operator, left);
    if (a instanceof Long x && b instanceof Long y && !operator.equals("/")) {
      if (operator.equals("**") && y < 0) {
        return Math.pow(x, y);
      }
      return switch (operator) {
        case "+" -> Math.addExact(x, y);
        case "-" -> Math.subtractExact(x, y);
        case "*" -> Math.multiplyExact(x, y);
        case "//" -> Math.floorDiv(x, y);
        case "%" -> Math.floorMod(x, y);
        default -> power(x, y);
      };
    }
    double x = a.doubleValue();
    double y = b.doubleValue();
    if (y == 0 && "//%".contains(operator)) {
      throw new ArithmeticException();
    }
    return switch (operator) {
      case "+" -> x + y;
      case "-" -> x - y;
      case "*" -> x * y;
      case "/" -> x / y;
      case "//" -> Math.floor(x / y);
      case "%" -> x - y * Math.floor(x / y);
      default -> Math.pow(x, y);
    };
  }

  private static long power(long base, long exponent) {
    long result = 1;
    for (long i = 0; i < exponent && i < Long.SIZE + 1L; i++) {
      result = Math.multiplyExact(result, base);
    }
    if (exponent > Long.SIZE && Math.abs(base) > 1) {
      throw new ArithmeticException();
    }
    return base == -1 && exponent > Long.SIZE ? (exponent % 2 == 0 ? 1 : -1) : result;
  }

  private static Number number(Object value, String operator, Object other) {
    if (value instanceof Boolean flag) {
      return flag ? 1L : 0L;
    } else if (value instanceof Number number) {
      return number;
    } else if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    throw new JinjaException(
        "the operator "
            + operator
            + " is used on "
            + Values.kind(value)
            + " and "
            + Values.kind(other));
  }

  public static Object negated(Object value) {
    return arithmetic("-", 0L, value);
  }

  public static boolean equal(Object left, Object right) {
    return equal(left, right, new int[] {MAX_ITEMS});
  }

  /**
   * Compares two values.
   *
   * @param itemsLeft how many items may still be compared: lists may share parts, so that comparing
   *     small ones takes for ever
   */
  private static boolean equal(Object left, Object right, int[] itemsLeft) {
    if (itemsLeft[0]-- == 0) {
      throw new JinjaException("two values have more than " + MAX_ITEMS + " items to compare");
    }
    if (left == right) {
      return true;
    } else if (isNumber(left) && isNumber(right)) {
      return number(left, "==", right).doubleValue() == number(right, "==", left).doubleValue();
    } else if (left instanceof List<?> a && right instanceof List<?> b) {
      Iterator<?> others = b.iterator();
      return a.size() == b.size()
          && a.stream().allMatch(item -> equal(item, others.next(), itemsLeft));
    } else if (left instanceof Map<?, ?> a && right instanceof Map<?, ?> b) {
      return a.size() == b.size()
          && a.entrySet().stream()
              .allMatch(
                  entry ->
                      b.containsKey(entry.getKey())
                          && equal(entry.getValue(), b.get(entry.getKey()), itemsLeft));
    }
    return left != null && left.equals(right);
  }

  private static boolean isNumber(Object value) {
    return value instanceof Number || value instanceof Boolean;
  }

  /** Compares numbers, strings or lists. */
  public static int compare(Object left, Object right) {
    if (left instanceof Text a && right instanceof Text b) {
      return compareCodePoints(a.chars(), b.chars());
    } else if (left instanceof List<?> a && right instanceof List<?> b) {
      for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
        if (!equal(a.get(i), b.get(i))) {
          return compare(a.get(i), b.get(i));
        }
      }
      return Integer.compare(a.size(), b.size());
    }
    Number a = number(left, "<", right);
    Number b = number(right, "<", left);
    return a instanceof Long x && b instanceof Long y
        ? Long.compare(x, y)
        : Double.compare(a.doubleValue(), b.doubleValue());
  }

  private static int compareCodePoints(String a, String b) {
    int[] left = a.codePoints().toArray();
    int[] right = b.codePoints().toArray();
    return Arrays.compare(left, right);
  }

  public static boolean contains(Object container, Object item) {
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

  public static boolean compared(String operator, Object left, Object right) {
    return switch (operator) {
      case "==" -> equal(left, right);
      case "!=" -> !equal(left, right);
      case "<" -> compare(left, right) < 0;
      case "<=" -> compare(left, right) <= 0;
      case ">" -> compare(left, right) > 0;
      case ">=" -> compare(left, right) >= 0;
      case "in" -> contains(right, left);
      default -> !contains(right, left); // not in
    };
  }
}
