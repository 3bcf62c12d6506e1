package dev.embark.submit;

import dev.embark.job.cli.Terminal;
import java.nio.file.Path;
import picocli.CommandLine;

/** The {@code embark} command, for the documentation to read. */
public final class CommandFacts {
  private CommandFacts() {}

  /** The command with its sub-commands; only to be read, not to be run. */
  public static CommandLine command() {
    return Main.commandLine(
        new Launcher(new Build("", "", Path.of("embark.jar"))), Terminal.system());
  }
}
