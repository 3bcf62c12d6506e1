package dev.embark.submit;

import dev.embark.job.cli.JobSpec;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code embark run}: runs the batch job. */
@Command(
    name = "run",
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Embeds the texts of an input, or answers them as prompts; resumes after an"
          + " interruption.",
      "",
      "Keeps all columns and adds one with the embedding or the answer. Writes report.html,",
      "report.json and, for failed rows, quarantine/ to the folder _embark/ next to the data."
    },
    footer = {
      "",
      "Exit codes: 0 done; 1 failed, or 130 and 143 stopped by Ctrl-C and kill, and the same command"
          + " resumes; 2 bad usage."
    })
final class RunCommand implements Callable<Integer> {
  private static final String MAIN_CLASS = "dev.embark.job.EmbedJob";

  @Mixin private JobSpec job;
  @Mixin private SparkOptions spark;

  private final Launcher launcher;

  RunCommand(Launcher launcher) {
    this.launcher = launcher;
  }

  @Override
  public Integer call() {
    job.check();
    return launcher.run(MAIN_CLASS, spark, job.toArguments());
  }
}
