package dev.embark.job;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import scala.Tuple2;
import scala.collection.Iterator;

/** Formats a value of a row for people: numbers in full, long arrays shortened. */
final class CellFormat {
  private static final int LONGEST_ARRAY = 6;
  private static final int SHOWN_OF_LONG_ARRAY = 3;
  private static final int LONGEST_BINARY = 16;

  private CellFormat() {}

  /** Returns the value on a single line; never null. */
  static String format(Object value) {
    if (value == null) {
      return "NULL";
    }
    if (value instanceof Row row) {
      return row(row);
    }
    if (value instanceof byte[] bytes) {
      return binary(bytes);
    }
    if (value instanceof scala.collection.Map<?, ?> map) {
      return "{"
          + elements(map.iterator()).stream()
              .map(entry -> (Tuple2<?, ?>) entry)
              .map(entry -> format(entry._1()) + ": " + format(entry._2()))
              .collect(Collectors.joining(", "))
          + "}";
    }
    if (value instanceof scala.collection.Seq<?> array) {
      return array(elements(array.iterator()));
    }
    return value.toString().replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
  }

  private static String array(List<?> elements) {
    boolean shorten = elements.size() > LONGEST_ARRAY;
    String shown =
        elements.stream()
            .limit(shorten ? SHOWN_OF_LONG_ARRAY : elements.size())
            .map(CellFormat::format)
            .collect(Collectors.joining(", "));
    return shorten ? "[%s, … %d values]".formatted(shown, elements.size()) : "[" + shown + "]";
  }

  private static String row(Row row) {
    List<String> fields = new ArrayList<>();
    for (int i = 0; i < row.size(); i++) {
      String name = row.schema() == null ? "" : row.schema().fieldNames()[i] + ": ";
      fields.add(name + format(row.get(i)));
    }
    return "{" + String.join(", ", fields) + "}";
  }

  private static String binary(byte[] bytes) {
    HexFormat hex = HexFormat.of();
    return bytes.length <= LONGEST_BINARY
        ? "0x" + hex.formatHex(bytes)
        : "0x%s… %d bytes".formatted(hex.formatHex(bytes, 0, LONGEST_BINARY), bytes.length);
  }

  private static List<Object> elements(Iterator<?> iterator) {
    List<Object> elements = new ArrayList<>();
    while (iterator.hasNext()) {
      elements.add(iterator.next());
    }
    return elements;
  }
}
