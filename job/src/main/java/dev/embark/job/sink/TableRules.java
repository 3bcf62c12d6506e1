package dev.embark.job.sink;

import dev.embark.job.sink.Sink.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Rules of a table's columns and properties, which a table enforces only when rows are written. */
final class TableRules {
  private static final String DELTA_CHECK = "delta.constraints.";

  /**
   * Metadata in which Spark keeps the length of a CHAR or VARCHAR column, which it reads as text.
   */
  private static final String TYPE = "__CHAR_VARCHAR_TYPE_STRING";

  private static final Pattern LENGTH = Pattern.compile("(?:var)?char\\((\\d+)\\)");

  private TableRules() {}

  /** Returns the rules that the schema of a table expresses. */
  static List<Rule> ofColumns(StructType schema) {
    List<Rule> rules = new ArrayList<>();
    for (StructField field : schema.fields()) {
      String name = TableStatements.quoted(field.name());
      if (!field.nullable()) {
        rules.add(new Rule(field.name() + " NOT NULL", name + " IS NULL"));
      }
      if (field.metadata().contains(TYPE)) {
        String type = field.metadata().getString(TYPE);
        Matcher length = LENGTH.matcher(type);
        if (length.matches()) {
          rules.add(
              new Rule(
                  field.name() + " " + type.toUpperCase(Locale.ROOT),
                  "char_length(%s) > %s".formatted(name, length.group(1))));
        }
      }
    }
    return rules;
  }

  /** Adds the CHECK constraints that a Delta table keeps in its properties. */
  static List<Rule> with(List<Rule> ofColumns, Map<String, String> properties) {
    List<Rule> rules = new ArrayList<>(ofColumns);
    new TreeMap<>(properties)
        .forEach(
            (key, condition) -> {
              if (key.startsWith(DELTA_CHECK)) {
                rules.add(
                    new Rule(
                        "CHECK (%s)".formatted(condition),
                        "NOT coalesce(%s, false)".formatted(condition)));
              }
            });
    return rules;
  }
}
