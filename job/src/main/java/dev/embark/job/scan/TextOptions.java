package dev.embark.job.scan;

import dev.embark.job.cli.InputFormat;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.catalyst.csv.CSVExprUtils;

/** Text-related options of Spark's reader for an input. */
public final class TextOptions {
  private final String format;
  private final Map<String, String> given = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private final int columns;

  /**
   * @param format format of the files
   * @param options options of Spark's reader
   * @param columns names of the columns that Spark reads; none if they are not known yet
   */
  public TextOptions(String format, Map<String, String> options, String... columns) {
    this.format = format;
    given.putAll(options);
    // Without a header Spark names columns _c0, _c1 and so on; other columns are partition columns.
    this.columns = (int) Arrays.stream(columns).filter(c -> c.matches("_c\\d+")).count();
  }

  Map<String, String> given() {
    return given;
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

  /** Returns whether the files are JSON in UTF-8 with a document on each line. */
  public boolean hasDocumentLines() {
    return json().filter(JsonScanner.Documents.ONE_PER_LINE::equals).isPresent()
        && charset().equalsIgnoreCase(StandardCharsets.UTF_8.name());
  }

  boolean isMultiLine() {
    return isSet("multiLine");
  }

  private boolean isSet(String option) {
    return Boolean.parseBoolean(given.get(option));
  }

  /** Returns whether the user has chosen an encoding that Spark's reader honours. */
  boolean hasOwnCharset() {
    return ownCharset().isPresent();
  }

  private Optional<String> ownCharset() {
    return isCsv() || isJson()
        ? Optional.ofNullable(given.getOrDefault("encoding", given.get("charset")))
        : Optional.empty();
  }

  /**
   * Returns the encoding of the files; {@link TextFileScan#DETECTED} if it is detected per file.
   */
  String charset() {
    String otherwise =
        isJson() && isMultiLine() ? TextFileScan.DETECTED : StandardCharsets.UTF_8.name();
    return ownCharset().orElse(otherwise);
  }

  /** Returns whether Java supports the encoding; otherwise Spark reports the error. */
  boolean hasKnownCharset() {
    try {
      return charset().equals(TextFileScan.DETECTED) || Charset.isSupported(charset());
    } catch (IllegalCharsetNameException e) {
      return false;
    }
  }

  /**
   * Returns whether Spark would search for single-byte line ends in an encoding of wider
   * characters.
   */
  boolean cutsCharacters() {
    return isCsv()
        && !isMultiLine()
        && !given.containsKey("lineSep")
        && Utf16Detector.isWide(Charset.forName(charset()));
  }

  /** Returns whether the headers of all files must agree. */
  boolean comparesHeaders() {
    return csv().filter(CsvDialect::hasHeader).isPresent() && !given.containsKey("enforceSchema");
  }

  /**
   * Returns how many JSON documents Spark reads; empty for other formats, and if brackets and line
   * feeds do not delimit the documents.
   */
  Optional<JsonScanner.Documents> json() {
    if (!isJson() || isSet("allowComments") || given.containsKey("lineSep")) {
      return Optional.empty();
    }
    return Optional.of(
        isMultiLine() ? JsonScanner.Documents.ONE_PER_FILE : JsonScanner.Documents.ONE_PER_LINE);
  }

  /**
   * Returns the CSV dialect; empty for other formats, or if the user has chosen how unescaped
   * quotes are handled.
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
