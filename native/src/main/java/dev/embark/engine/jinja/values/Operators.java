package dev.embark.engine.jinja.values;

import java.util.ArrayList;
import java.util.List;

/** Arithmetic operators of expressions, which join strings and lists, too. Stateless. */
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
    checkItems(list.size());
    return list;
  }

  /** Fails for a list of too many items. */
  static void checkItems(long items) {
    if (items > MAX_ITEMS) {
      throw new JinjaException("a list has more than " + MAX_ITEMS + " items");
    }
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

  static Number number(Object value, String operator, Object other) {
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
}
