package dev.embark.job.input;

import dev.embark.job.cli.InputFormat;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.catalyst.csv.CSVExprUtils;

/** What the options of Spark's reader say of the text files of an input. */
final class TextOptions {
  private final String format;
  private final Map<String, String> given = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private final int columns;

  TextOptions(Source.Input input) {
    format = input.format();
    given.putAll(input.options());
    // Without a header Spark makes names of its own; other columns are of folders.
    columns = (int) Arrays.stream(input.rows().columns()).filter(c -> c.matches("_c\\d+")).count();
  }

  boolean isText() {
    return isCsv() || isJson() || format.equals(InputFormat.TEXT);
  }

  boolean isCsv() {
    return format.equals(InputFormat.CSV);
  }

  boolean isJson() {
    return format.equals(InputFormat.JSON);
  }

  boolean isMultiLine() {
    return isSet("multiLine");
  }

  private boolean isSet(String option) {
    return Boolean.parseBoolean(given.get(option));
  }

  /** Whether the encoding is the user's choice, and Spark heeds it. */
  boolean hasOwnCharset() {
    return ownCharset().isPresent();
  }

  private Optional<String> ownCharset() {
    return isCsv() || isJson()
        ? Optional.ofNullable(given.getOrDefault("encoding", given.get("charset")))
        : Optional.empty();
  }

  /**
   * Returns the encoding in which files are read; {@link TextFileScan#DETECTED} for each its own.
   */
  String charset() {
    String otherwise =
        isJson() && isMultiLine() ? TextFileScan.DETECTED : StandardCharsets.UTF_8.name();
    return ownCharset().orElse(otherwise);
  }

  /** Whether Java has the encoding; if not, Spark says so. */
  boolean hasKnownCharset() {
    try {
      return charset().equals(TextFileScan.DETECTED) || Charset.isSupported(charset());
    } catch (IllegalCharsetNameException e) {
      return false;
    }
  }

  /** Whether Spark would look for line ends of one byte where a character has two or more. */
  boolean cutsCharacters() {
    return isCsv()
        && !isMultiLine()
        && !given.containsKey("lineSep")
        && Utf16Detector.isWide(Charset.forName(charset()));
  }

  /** Whether each file names its columns, which have to be those of the others. */
  boolean comparesHeaders() {
    return csv().filter(CsvDialect::hasHeader).isPresent() && !given.containsKey("enforceSchema");
  }

  /**
   * Returns how CSV is written; empty for another format, or if the user has said what is to become
   * of quotes that do not fit.
   */
  Optional<CsvDialect> csv() {
    if (!isCsv() || given.containsKey("unescapedQuoteHandling")) {
      return Optional.empty();
    }
    String separator = given.getOrDefault("sep", given.getOrDefault("delimiter", ","));
    return Optional.of(
        new CsvDialect(
            CSVExprUtils.toDelimiterStr(separator),
            character("quote", '"'),
            character("escape", '\\'),
            character("comment", CsvDialect.NONE),
            character("lineSep", CsvDialect.NONE),
            isMultiLine(),
            isSet("header"),
            isSet("ignoreLeadingWhiteSpace"),
            columns,
            !given.containsKey("mode")));
  }

  private char character(String option, char otherwise) {
    String value = given.get(option);
    if (value == null) {
      return otherwise;
    }
    return value.length() == 1 ? value.charAt(0) : CsvDialect.NONE;
  }
}
