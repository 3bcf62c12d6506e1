package dev.embark.job.cli;

import dev.embark.job.SqlRunner;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Command-line options for running one SQL statement: the mixin of {@code embark sql} and {@link
 * SqlRunner}. Uses no Spark class.
 */
public final class SqlSpec {
  /** Output format of the rows. */
  public enum Format {
    /** Aligned columns for people; long arrays are shortened. */
    TABLE,
    /** One complete JSON object per row and line. */
    JSON;

    /** Returns the name used by the command line. */
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
  @SuppressWarnings("unused") // picocli acts on it
  private boolean help;

  /** Returns command-line arguments equivalent to this spec, to be passed to {@link SqlRunner}. */
  public List<String> toArguments() {
    List<String> arguments = new ArrayList<>();
    arguments.add("--format=" + format);
    if (verbose) {
      arguments.add("--verbose");
    }
    // The separator protects a statement that begins with an SQL comment, which starts with dashes.
    arguments.add("--");
    arguments.add(statement);
    return arguments;
  }

  public String statement() {
    return statement;
  }

  public Format format() {
    return format;
  }
}
