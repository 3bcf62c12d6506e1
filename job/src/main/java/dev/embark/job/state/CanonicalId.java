package dev.embark.job.state;

import static org.apache.spark.sql.functions.expr;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.types.AtomicType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.TimestampType;

/**
 * Canonical text of an id column, independent of session settings such as time zone and ANSI mode,
 * so that ids of different runs are comparable. Stateless.
 */
public final class CanonicalId {
  private static final String DAY = "86400000000"; // in microseconds
  private static final String JSON_OPTIONS =
      "map('timeZone', 'UTC', 'ignoreNullFields', 'false', 'timestampFormat',"
          + " 'yyyy-MM-dd\\'T\\'HH:mm:ss.SSSSSSXXX', 'timestampNTZFormat',"
          + " 'yyyy-MM-dd\\'T\\'HH:mm:ss.SSSSSS')";

  private CanonicalId() {}

  /** Returns the canonical text of a column of {@code rows}; NULL for NULL. */
  public static Column of(Dataset<?> rows, String column) {
    String id = "`" + column.replace("`", "``") + "`";
    return expr(text(id, rows.select(Columns.quoted(column)).schema().apply(0).dataType()));
  }

  private static String text(String id, DataType type) {
    if (type instanceof TimestampType) {
      return timestamp("unix_micros(" + id + ")");
    }
    if (type instanceof DecimalType decimal && decimal.scale() > 0) {
      // The result of a cast, 0E-7 or 0.0000000, depends on the ANSI mode.
      String plain = "replace(format_number(%s, %d), ',', '')".formatted(id, decimal.scale());
      return "regexp_replace(%s, '[.]?0+$', '')".formatted(plain);
    }
    if (type instanceof DoubleType || type instanceof FloatType) {
      // Adding zero maps -0.0 to 0.0, so that both are one id.
      return "CAST(%s + CAST(0 AS %s) AS STRING)".formatted(id, type.sql());
    }
    if (type instanceof BinaryType) {
      return "concat('X\\'', hex(%s), '\\'')".formatted(id);
    }
    return type instanceof AtomicType
        ? "CAST(%s AS STRING)".formatted(id)
        : "CASE WHEN %1$s IS NOT NULL THEN to_json(named_struct('id', %1$s), %2$s) END"
            .formatted(id, JSON_OPTIONS);
  }

  /**
   * Formats a timestamp in UTC with microseconds. Casts and all format functions would use the
   * session's time zone.
   */
  private static String timestamp(String micros) {
    String ofDay = "pmod(%s, %s)".formatted(micros, DAY);
    return "concat(CAST(date_add(DATE'1970-01-01', CAST((%s - %s) DIV %s AS INT)) AS STRING)"
            .formatted(micros, ofDay, DAY)
        + ", ' ', "
        + digits(ofDay + " DIV 3600000000", 2)
        + ", ':', "
        + digits("pmod(" + micros + ", 3600000000) DIV 60000000", 2)
        + ", ':', "
        + digits("pmod(" + micros + ", 60000000) DIV 1000000", 2)
        + ", '.', "
        + digits("pmod(" + micros + ", 1000000)", 6)
        + ", 'Z')";
  }

  private static String digits(String number, int count) {
    return "lpad(CAST(%s AS STRING), %d, '0')".formatted(number, count);
  }
}
