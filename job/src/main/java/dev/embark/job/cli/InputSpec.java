package dev.embark.job.cli;

import static dev.embark.job.cli.Arguments.addIfGiven;
import static dev.embark.job.cli.Arguments.require;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What a job reads, and how: a mixin of {@link JobSpec}. Uses no class of Spark. */
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
   * Checks what picocli's types cannot.
   *
   * @throws IllegalArgumentException with a sentence for the user
   */
  void check() {
    require(
        (input == null) != (query == null),
        input == null
            ? "give --input, a path or table, or --query"
            : "--input and --query are both given; give one of them");
  }

  /** Returns the arguments that make an equal spec. */
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

  /** Returns the path or table to read, or the query, as messages name it. */
  String name() {
    return input == null ? "the query" : input;
  }

  /** Returns the query to read, if it is one. */
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

  /** Returns the column of texts, if one was named. */
  public Optional<String> textColumn() {
    return Optional.ofNullable(textColumn);
  }

  /** Returns the column that names a row, if there is one. */
  public Optional<String> idColumn() {
    return Optional.ofNullable(idColumn);
  }
}
