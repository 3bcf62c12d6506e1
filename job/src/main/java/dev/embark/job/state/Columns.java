package dev.embark.job.state;

import static org.apache.spark.sql.functions.col;

import java.util.Locale;
import org.apache.spark.sql.Column;

/** Creates column references from arbitrary column names. */
public final class Columns {
  private Columns() {}

  /** Returns whether a name is reserved for the temporary columns of a run. */
  public static boolean isReserved(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.equals("_embark") || lower.startsWith("_embark_");
  }

  /** Returns the top-level column with this exact name. */
  public static Column quoted(String name) {
    return col("`" + name.replace("`", "``") + "`");
  }

  /** Returns a field of a top-level struct column. */
  static Column field(String struct, String name) {
    return quoted(struct).getField(name);
  }
}
