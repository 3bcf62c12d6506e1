package dev.embark.job.cli;

import dev.embark.job.SqlRunner;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * One SQL statement and how to print its rows: the mixin of {@code embark sql} and of {@link
 * SqlRunner}. Uses no class of Spark.
 */
public final class SqlSpec {
  /** How rows are printed. */
  public enum Format {
    /** Columns for a person: long arrays are shortened. */
    TABLE,
    /** One JSON object a row, a line each, complete. */
    JSON;

    /** Returns the name as written on the command line. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Parameters(
      paramLabel = "STATEMENT",
      description = "One SQL statement, such as \"SELECT embed('hello')\".")
  private String statement;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "${COMPLETION-CANDIDATES}; json prints one object per row and line.")
  private Format format;

  @Option(names = "--verbose", description = "Show a stack trace if the statement fails.")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  /** Returns the arguments that make an equal spec, to hand on to {@link SqlRunner}. */
  public List<String> toArguments() {
    List<String> arguments = new ArrayList<>();
    arguments.add("--format=" + format);
    if (verbose) {
      arguments.add("--verbose");
    }
    // A statement may begin with a comment, whose dashes are not an option's.
    arguments.add("--");
    arguments.add(statement);
    return arguments;
  }

  /** Returns the statement. */
  public String statement() {
    return statement;
  }

  /** Returns how to print the rows. */
  public Format format() {
    return format;
  }
}
