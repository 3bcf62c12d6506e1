package dev.embark.job.cli;

import static dev.embark.job.cli.Arguments.addIfGiven;
import static dev.embark.job.cli.Arguments.require;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Command-line options for the input of a job: a mixin of {@link JobSpec}. Uses no Spark class. */
@HelpSection(HelpSection.DATA)
public final class InputSpec {
  @Option(
      names = "--input",
      paramLabel = "PATH|TABLE",
      description = "What to read: a path, a glob, any Hadoop URI, or the name of a table.")
  private String input;

  @Option(
      names = "--query",
      paramLabel = "SQL",
      description = "SELECT statement whose rows to read; instead of --input.")
  private String query;

  @Option(
      names = "--input-format",
      paramLabel = "FORMAT",
      description =
          "parquet, orc, json, csv, text, table, or another format that this Spark reads."
              + " Default: by the extension; a name without slash or extension is a table, and so is a"
              + " folder with a Delta or Iceberg log.")
  private String format;

  @Option(
      names = "--input-option",
      paramLabel = "KEY=VALUE",
      description = "Option of Spark's reader, such as multiLine=true; repeatable.")
  private Map<String, String> options = new LinkedHashMap<>();

  @Option(
      names = "--text-column",
      paramLabel = "COLUMN",
      description = "Column with the texts or prompts. Default: text; for plain text, value.")
  private String textColumn;

  @Option(
      names = "--id-column",
      paramLabel = "COLUMN",
      description =
          "Column that identifies a row for --save-mode append and in the quarantine; unique and"
              + " without NULL.")
  private String idColumn;

  /**
   * Validates constraints that picocli's types cannot express.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  void check() {
    require(
        (input == null) != (query == null),
        input == null
            ? "give --input, a path or table, or --query"
            : "--input and --query are both given; give one of them");
  }

  /** Returns command-line arguments equivalent to this spec. */
  public List<String> toArguments() {
    List<String> arguments = new ArrayList<>();
    addIfGiven(arguments, "--input", input);
    addIfGiven(arguments, "--query", query);
    addIfGiven(arguments, "--input-format", format);
    addIfGiven(arguments, "--text-column", textColumn);
    addIfGiven(arguments, "--id-column", idColumn);
    options.forEach((key, value) -> arguments.add("--input-option=" + key + "=" + value));
    return arguments;
  }

  /** Returns the name of the input for messages: its path or table, or "the query". */
  String name() {
    return input == null ? "the query" : input;
  }

  public Optional<String> query() {
    return Optional.ofNullable(query);
  }

  /** Returns the format that was asked for, if any, as {@link InputFormat} spells it. */
  public Optional<String> format() {
    return Optional.ofNullable(format).map(InputFormat::canonical);
  }

  /** Returns the options for Spark's reader. */
  public Map<String, String> options() {
    return options;
  }

  /** Returns the text column, if one was given. */
  public Optional<String> textColumn() {
    return Optional.ofNullable(textColumn);
  }

  /** Returns the column that identifies a row, if one was given. */
  public Optional<String> idColumn() {
    return Optional.ofNullable(idColumn);
  }
}
