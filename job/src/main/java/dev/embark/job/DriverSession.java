package dev.embark.job;

import dev.embark.job.cli.Terminal;
import dev.embark.job.cli.UserError;
import dev.embark.job.run.Termination;
import dev.embark.spark.compat.EmbarkBuild;
import java.io.IOException;
import java.util.function.BiConsumer;
import org.apache.spark.sql.SparkSession;

/** The session of a main class, which spark-submit starts. */
final class DriverSession {
  private DriverSession() {}

  /**
   * Performs the work of a command in a session of its own, which a signal stops in order.
   *
   * @param application name of the command and of the session
   * @throws UserError if the jar is built for another Scala than Spark, or a signal has stopped the
   *     work
   */
  static void run(String application, Terminal terminal, BiConsumer<SparkSession, Termination> work)
      throws IOException {
    try (Termination termination = Termination.ofProcess(application, terminal);
        SparkSession spark = start(application)) {
      termination.started(spark);
      work.accept(spark, termination);
    }
  }

  private static SparkSession start(String application) {
    EmbarkBuild.wrongScala()
        .ifPresent(
            wrong -> {
              throw new UserError(wrong.getMessage(), wrong);
            });
    return SparkSession.builder().appName(application).getOrCreate();
  }
}
