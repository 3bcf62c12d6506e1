package dev.embark.job.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * How every command of Embark reads its arguments and ends: exit code 0 done, 1 failed, 2 bad
 * usage; an error is one sentence on standard error, with a stack trace only under --verbose.
 */
public final class Cli {
  private Cli() {}

  /**
   * Makes a command of an object annotated with {@link CommandLine.Command}, and of such objects
   * for its subcommands; help goes to standard output.
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

  private static void groupOptions(CommandLine line) {
    line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, GroupedHelp::options);
  }

  /** Runs a command with the process's arguments and ends the process if it did not succeed. */
  public static void main(CommandLine command, Terminal terminal, String... arguments) {
    int code = command.execute(arguments);
    terminal.out().flush();
    // A driver that ends normally must return instead: some clusters take any exit for a failure.
    if (code != CommandLine.ExitCode.OK) {
      System.exit(code);
    }
  }

  private static int badUsage(ParameterException first) {
    CommandLine line = first.getCommandLine();
    // A misspelt option also counts as a missing one; the spelling is what the user can mend.
    ParameterException error =
        line.getUnmatchedArguments().isEmpty()
            ? first
            : new UnmatchedArgumentException(line, line.getUnmatchedArguments());
    // picocli says "option option '--option'" of a map's value.
    String message = error.getMessage().replace("for option option ", "for option ");
    line.getErr().println(line.getCommandSpec().qualifiedName() + ": " + Secrets.redacted(message));
    UnmatchedArgumentException.printSuggestions(error, line.getErr());
    line.getErr().println("See " + line.getCommandSpec().qualifiedName() + " --help");
    return CommandLine.ExitCode.USAGE;
  }

  private static int failed(Exception error, CommandLine line) {
    line.getErr().println(line.getCommandSpec().qualifiedName() + ": " + Failures.sentence(error));
    if (line.getParseResult().hasMatchedOption("--verbose")) {
      StringWriter trace = new StringWriter();
      error.printStackTrace(new PrintWriter(trace));
      line.getErr().print(Secrets.redacted(trace.toString()));
      line.getErr().flush();
    } else if (!(error instanceof UserError)) {
      line.getErr().println("Run it again with --verbose to see where it failed.");
    }
    return CommandLine.ExitCode.SOFTWARE;
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(stream, true, StandardCharsets.UTF_8);
  }
}
