package dev.embark.gguf;

import java.util.List;

/**
 * A metadata value: a scalar, a string, or an array of either. Immutable.
 *
 * <p>The Java type is {@code Long} for whole numbers, {@code Float}, {@code Double}, {@code
 * Boolean}, {@code String}, or an unmodifiable {@code List} of these for arrays. {@code UINT64}
 * keeps its 64 bits, so numbers above {@link Long#MAX_VALUE} become negative.
 *
 * @param type the type, {@code ARRAY} for arrays
 * @param elementType element type of an array; equal to {@code type} for scalars
 * @param value the Java value
 */
public record GgufValue(GgufValueType type, GgufValueType elementType, Object value) {

  /** Checks that the Java value matches the type; whole numbers may have any integer type. */
  public GgufValue {
    if (type == GgufValueType.ARRAY) {
      if (elementType == GgufValueType.ARRAY) {
        throw new IllegalArgumentException("llama.cpp reads no arrays of arrays");
      }
      GgufValueType each = elementType;
      value = ((List<?>) value).stream().map(v -> checked(each, v)).toList();
    } else {
      value = checked(type, value);
    }
  }

  /**
   * Returns a scalar or a string.
   *
   * @throws IllegalArgumentException when {@code value} is not of this type or out of its range
   */
  public static GgufValue of(GgufValueType type, Object value) {
    if (type == GgufValueType.ARRAY) {
      throw new IllegalArgumentException("an array needs the type of its elements: use array()");
    }
    return new GgufValue(type, type, value);
  }

  /**
   * Returns an array.
   *
   * @throws IllegalArgumentException when an element is not of this type or out of its range
   */
  public static GgufValue array(GgufValueType elementType, List<?> elements) {
    return new GgufValue(GgufValueType.ARRAY, elementType, elements);
  }

  /** Returns a UTF-8 string. */
  public static GgufValue string(String value) {
    return of(GgufValueType.STRING, value);
  }

  /** Returns an unsigned 32-bit number, the type of most counts and ids. */
  public static GgufValue uint32(long value) {
    return of(GgufValueType.UINT32, value);
  }

  /** Returns a 32-bit float. */
  public static GgufValue float32(float value) {
    return of(GgufValueType.FLOAT32, value);
  }

  /** Returns a boolean. */
  public static GgufValue bool(boolean value) {
    return of(GgufValueType.BOOL, value);
  }

  /**
   * Returns the value as a string.
   *
   * @throws ClassCastException when it has another type; so do the other {@code as} methods
   */
  public String asString() {
    return (String) value;
  }

  /** Returns the value as a whole number. */
  public long asLong() {
    return (Long) value;
  }

  /** Returns the value as a floating-point number. */
  public double asDouble() {
    return ((Number) value).doubleValue();
  }

  /** Returns the value as a boolean. */
  public boolean asBoolean() {
    return (Boolean) value;
  }

  /** Returns the elements of an array. */
  public List<?> asList() {
    return (List<?>) value;
  }

  private static Object checked(GgufValueType type, Object value) {
    return switch (type) {
      case STRING -> expect(String.class, type, value);
      case BOOL -> expect(Boolean.class, type, value);
      case FLOAT32 -> expect(Float.class, type, value);
      case FLOAT64 -> expect(Double.class, type, value);
      default -> whole(type, value);
    };
  }

  private static Object expect(Class<?> javaType, GgufValueType type, Object value) {
    if (!javaType.isInstance(value)) {
      throw new IllegalArgumentException("a " + type + " value must be a " + javaType.getName());
    }
    return value;
  }

  private static Long whole(GgufValueType type, Object value) {
    if (!(value instanceof Long
        || value instanceof Integer
        || value instanceof Short
        || value instanceof Byte)) {
      throw new IllegalArgumentException("a " + type + " value must be a whole number");
    }
    long number = ((Number) value).longValue();
    if (number < type.min() || number > type.max()) {
      throw new IllegalArgumentException(number + " is out of the range of " + type);
    }
    return number;
  }
}
