package dev.embark.job.state;

import static org.apache.spark.sql.functions.col;

import java.util.Locale;
import org.apache.spark.sql.Column;

/** Names columns, whatever characters their names have. */
public final class Columns {
  private Columns() {}

  /** Whether a name is one of those that a run gives columns of its own on the way. */
  public static boolean isReserved(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.equals("_embark") || lower.startsWith("_embark_");
  }

  /** Returns a top-level column. */
  public static Column quoted(String name) {
    return col("`" + name.replace("`", "``") + "`");
  }

  /** Returns a field of a top-level column that is a struct. */
  static Column field(String struct, String name) {
    return quoted(struct).getField(name);
  }
}
