package dev.embark.submit;

import dev.embark.job.cli.SqlSpec;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code embark sql}: runs one statement and prints its rows to standard output. */
@Command(
    name = "sql",
    sortOptions = false,
    description = "Runs one SQL statement that may call embed().")
final class SqlCommand implements Callable<Integer> {
  private static final String MAIN_CLASS = "dev.embark.job.SqlRunner";

  @Mixin private SqlSpec sql;
  @Mixin private SparkOptions spark;

  private final Launcher launcher;

  SqlCommand(Launcher launcher) {
    this.launcher = launcher;
  }

  @Override
  public Integer call() {
    return launcher.run(MAIN_CLASS, spark, sql.toArguments());
  }
}
