package dev.embark.job.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Argument parsing and exit codes shared by all Embark commands: 0 for success, 1 for failure, 2
 * for bad usage, 130 and 143 if SIGINT or SIGTERM stopped the command. An error is one sentence on
 * standard error; {@code --verbose} adds a stack trace.
 */
public final class Cli {
  private Cli() {}

  /**
   * Creates a command from an object annotated with {@link CommandLine.Command} and from such
   * objects for its subcommands. Help is printed to standard output.
   */
  public static CommandLine of(Object command, Terminal terminal, Object... subcommands) {
    CommandLine line = new CommandLine(command);
    for (Object subcommand : subcommands) {
      line.addSubcommand(subcommand);
    }
    groupOptions(line);
    line.getSubcommands().values().forEach(Cli::groupOptions);
    return line.setCaseInsensitiveEnumValuesAllowed(true)
        .setAbbreviatedOptionsAllowed(false)
        // A prefix or a statement may begin with @ and names no file of arguments.
        .setExpandAtFiles(false)
        .setUsageHelpAutoWidth(false)
        .setUsageHelpWidth(100)
        .setOut(writer(terminal.out()))
        .setErr(writer(terminal.err()))
        .setExecutionStrategy(
            result -> {
              GivenValues.check(result);
              return new CommandLine.RunLast().execute(result);
            })
        .setParameterExceptionHandler((error, arguments) -> badUsage(error))
        .setExecutionExceptionHandler((error, failing, parsed) -> failed(error, failing));
  }

  /**
   * Parses and checks arguments without executing the command.
   *
   * @throws ParameterException if an argument is wrong
   */
  public static void parse(CommandLine command, List<String> arguments) {
    GivenValues.check(command.parseArgs(arguments.toArray(new String[0])));
  }

  private static void groupOptions(CommandLine line) {
    line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, GroupedHelp::options);
  }

  /** Runs a command and exits the process if it failed. */
  public static void main(CommandLine command, Terminal terminal, String... arguments) {
    int code = command.execute(arguments);
    terminal.out().flush();
    // On success a driver must return, because some cluster managers report any System.exit as a
    // failure.
    if (code != CommandLine.ExitCode.OK) {
      System.exit(code);
    }
  }

  private static int badUsage(ParameterException first) {
    CommandLine line = first.getCommandLine();
    // A misspelt required option is also reported as missing; the misspelling is the useful error.
    ParameterException error =
        line.getUnmatchedArguments().isEmpty()
            ? first
            : new UnmatchedArgumentException(line, line.getUnmatchedArguments());
    // picocli writes "option option '--option'" for the value of a map.
    String message = error.getMessage().replace("for option option ", "for option ");
    line.getErr().println(line.getCommandSpec().qualifiedName() + ": " + Secrets.redacted(message));
    UnmatchedArgumentException.printSuggestions(error, line.getErr());
    line.getErr().println("See " + line.getCommandSpec().qualifiedName() + " --help");
    return CommandLine.ExitCode.USAGE;
  }

  private static int failed(Exception error, CommandLine line) {
    line.getErr().println(line.getCommandSpec().qualifiedName() + ": " + Failures.sentence(error));
    boolean isUnexpected = !(error instanceof UserError);
    boolean canBeVerbose = line.getCommandSpec().findOption("--verbose") != null;
    if (line.getParseResult().hasMatchedOption("--verbose") || isUnexpected && !canBeVerbose) {
      StringWriter trace = new StringWriter();
      error.printStackTrace(new PrintWriter(trace));
      line.getErr().print(Secrets.redacted(trace.toString()));
      line.getErr().flush();
    } else if (isUnexpected) {
      line.getErr().println("Run it again with --verbose to see where it failed.");
    }
    return error instanceof UserError known ? known.exitCode() : CommandLine.ExitCode.SOFTWARE;
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(stream, true, StandardCharsets.UTF_8);
  }
}
