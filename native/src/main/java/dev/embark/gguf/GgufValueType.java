package dev.embark.gguf;

import java.util.Arrays;
import java.util.Optional;

/** Types of metadata values; an {@link #ARRAY} contains values of one other type. */
public enum GgufValueType {
  UINT8(0, 1),
  INT8(1, 1),
  UINT16(2, 2),
  INT16(3, 2),
  UINT32(4, 4),
  INT32(5, 4),
  FLOAT32(6, 4),
  BOOL(7, 1),
  STRING(8, 8),
  ARRAY(9, 12),
  UINT64(10, 8),
  INT64(11, 8),
  FLOAT64(12, 8);

  private final int id;
  private final int minBytes;

  GgufValueType(int id, int minBytes) {
    this.id = id;
    this.minBytes = minBytes;
  }

  /** Returns the number of this type in a file. */
  public int id() {
    return id;
  }

  /** Returns the minimum size of one value in a file, in bytes. */
  int minBytes() {
    return minBytes;
  }

  /** Returns the smallest whole number of this type; integer types only. */
  long min() {
    return switch (this) {
      case INT8 -> Byte.MIN_VALUE;
      case INT16 -> Short.MIN_VALUE;
      case INT32 -> Integer.MIN_VALUE;
      case INT64, UINT64 -> Long.MIN_VALUE;
      default -> 0;
    };
  }

  /** Returns the largest whole number of this type; integer types only. */
  long max() {
    return switch (this) {
      case UINT8 -> 0xFF;
      case INT8 -> Byte.MAX_VALUE;
      case UINT16 -> 0xFFFF;
      case INT16 -> Short.MAX_VALUE;
      case UINT32 -> 0xFFFF_FFFFL;
      case INT32 -> Integer.MAX_VALUE;
      case INT64, UINT64 -> Long.MAX_VALUE;
      default -> throw new IllegalStateException(this + " is not a type of whole numbers");
    };
  }

  /** Returns the type with this number, or empty when the format has none. */
  public static Optional<GgufValueType> byId(int id) {
    return Arrays.stream(values()).filter(type -> type.id == id).findFirst();
  }
}
