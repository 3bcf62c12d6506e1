package dev.embark.submit;

import dev.embark.job.cli.ImportSpec;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code embark model import}: converts a model folder to a GGUF file. */
@Command(
    name = "import",
    sortOptions = false,
    description = {
      "Converts a model folder to a GGUF file, without starting Spark.",
      "",
      "A folder can also be used as a model directly; this command makes a file to keep."
    })
final class ModelImportCommand implements Callable<Integer> {
  private static final String MAIN_CLASS = "dev.embark.job.ModelImporter";

  @Mixin private ImportSpec spec;

  private final Launcher launcher;

  ModelImportCommand(Launcher launcher) {
    this.launcher = launcher;
  }

  @Override
  public Integer call() {
    return launcher.runAlone(MAIN_CLASS, spec.toArguments());
  }
}
