package dev.embark.job.cli;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Derives the format of an input from its name alone. */
public final class InputFormat {
  public static final String PARQUET = "parquet";
  public static final String ORC = "orc";
  public static final String TEXT = "text";
  public static final String CSV = "csv";
  public static final String JSON = "json";
  public static final String TABLE = "table";

  private static final Set<String> OF_FILES = Set.of(PARQUET, ORC, "avro", JSON, CSV, TEXT);

  private static final Map<String, String> BY_EXTENSION =
      Map.ofEntries(
          Map.entry("parquet", PARQUET),
          Map.entry("json", JSON),
          Map.entry("jsonl", JSON),
          Map.entry("ndjson", JSON),
          Map.entry("csv", CSV),
          Map.entry("tsv", CSV),
          Map.entry("txt", TEXT),
          Map.entry("text", TEXT),
          Map.entry("orc", ORC),
          Map.entry("avro", "avro"));

  private static final Pattern EXTENSION =
      Pattern.compile(
          ".*\\.("
              + String.join("|", BY_EXTENSION.keySet())
              + ")(?:\\.(?:gz|gzip|bz2|zst|lz4|snappy|deflate))?\\*?");

  private InputFormat() {}

  /** Returns the format of a file extension, ignoring a compression suffix. */
  public static Optional<String> ofExtension(String name) {
    Matcher matcher = EXTENSION.matcher(name.toLowerCase(Locale.ROOT));
    return matcher.matches() ? Optional.of(BY_EXTENSION.get(matcher.group(1))) : Optional.empty();
  }

  /** Returns a format in lower case, as Spark takes it in any; the name of a class stays. */
  static String canonical(String format) {
    return format.contains(".") ? format : format.toLowerCase(Locale.ROOT);
  }

  /**
   * Returns whether a name must be a table: it contains no slash, so it is not a path, and has no
   * known file extension.
   */
  public static boolean isTableName(String name) {
    return !name.contains("/") && !name.contains("\\") && ofExtension(name).isEmpty();
  }

  /** Returns whether a format reads every file of a path, without table metadata. */
  public static boolean isOfFiles(String format) {
    return OF_FILES.contains(format);
  }

  /** Returns whether the name has the extension of a tab-separated file. */
  public static boolean isTabSeparated(String name) {
    return name.toLowerCase(Locale.ROOT).matches(".*\\.tsv(\\.[a-z0-9]+)?\\*?");
  }
}
