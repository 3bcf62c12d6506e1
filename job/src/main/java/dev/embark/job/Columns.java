package dev.embark.job;

import static org.apache.spark.sql.functions.col;

import org.apache.spark.sql.Column;

/** Names columns, whatever characters their names have. */
final class Columns {
  private Columns() {}

  /** Returns a top-level column. */
  static Column quoted(String name) {
    return col("`" + name.replace("`", "``") + "`");
  }

  /** Returns a field of a top-level column that is a struct. */
  static Column field(String struct, String name) {
    return quoted(struct).getField(name);
  }
}
