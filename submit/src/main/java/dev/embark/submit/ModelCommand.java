package dev.embark.submit;

import dev.embark.job.cli.ModelSpec;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code embark model}: describes a model. */
@Command(
    name = "model",
    sortOptions = false,
    description = "Loads a model and describes it, without starting Spark.")
final class ModelCommand implements Callable<Integer> {
  private static final String MAIN_CLASS = "dev.embark.job.ModelInspector";

  @Mixin private ModelSpec model;

  private final Launcher launcher;

  ModelCommand(Launcher launcher) {
    this.launcher = launcher;
  }

  @Override
  public Integer call() {
    return launcher.runAlone(MAIN_CLASS, model.toArguments());
  }
}
