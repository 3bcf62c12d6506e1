package dev.embark.submit;

import dev.embark.job.cli.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * {@code embark bench}: runs the benchmark of a checkout, which the one jar does not include. The
 * benchmark parses its own arguments, including {@code --help}.
 */
@Command(name = "bench", description = "Measures Embark and its alternatives in turns.")
final class BenchCommand implements Callable<Integer> {
  @Parameters(description = "Arguments of the benchmark; --help lists them.")
  private List<String> arguments = List.of();

  private final Launcher launcher;

  BenchCommand(Launcher launcher) {
    this.launcher = launcher;
  }

  @Override
  public Integer call() {
    Path target = launcher.build().jar().toAbsolutePath().getParent();
    Path script = target.resolve("../../bench/run.sh").normalize();
    if (!Files.exists(script)) {
      throw new UserError(
          "The benchmark is not at %s; it runs from a checkout of Embark".formatted(script));
    }
    List<String> words = new ArrayList<>();
    words.add(script.toString());
    words.addAll(arguments);
    return launcher.start(words);
  }
}
