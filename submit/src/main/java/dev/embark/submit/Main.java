package dev.embark.submit;

import dev.embark.job.cli.Cli;
import dev.embark.job.cli.Terminal;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Entry point of the {@code embark} command. */
@Command(
    name = "embark",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    description = "Text embeddings inside Apache Spark with llama.cpp.",
    footer = {
      "",
      "Exit codes: 0 done, 1 failed, 2 bad usage, 130 stopped by Ctrl-C, 143 stopped by kill."
          + " Results go to standard output, everything else to standard error. The command uses the Spark of $SPARK_HOME or, if that is not set, the"
          + " one that the build assembles."
    })
public final class Main implements Runnable {
  @Spec private CommandSpec command;

  /** Runs the command and exits with its exit code. */
  public static void main(String[] arguments) {
    Terminal terminal = Terminal.system();
    Cli.main(commandLine(new Launcher(Build.read()), terminal), terminal, arguments);
  }

  /** Returns the command with all subcommands, which start Spark through {@code launcher}. */
  static CommandLine commandLine(Launcher launcher, Terminal terminal) {
    CommandLine line =
        Cli.of(
            new Main(),
            terminal,
            new QuickstartCommand(launcher, terminal),
            new RunCommand(launcher),
            new SqlCommand(launcher),
            new CommandLine(new ModelCommand(launcher))
                .addSubcommand(new ModelImportCommand(launcher)),
            new BenchCommand(launcher));
    // The benchmark parses its own options.
    line.getSubcommands().get("bench").setUnmatchedOptionsArePositionalParams(true);
    return line;
  }

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(), "say what to do: quickstart, run, sql, model or bench");
  }

  /** Version of Embark and of the Spark it was built with. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      Build build = Build.read();
      return new String[] {
        "Embark %s, built with Spark %s".formatted(build.version(), build.sparkVersion())
      };
    }
  }
}
