package dev.embark.job;

import dev.embark.job.cli.UserError;
import dev.embark.spark.compat.EmbarkBuild;
import org.apache.spark.sql.SparkSession;

/** The session of a main class, which spark-submit starts. */
final class DriverSession {
  private DriverSession() {}

  /**
   * Starts the session.
   *
   * @throws UserError if the jar is built for another Scala than Spark
   */
  static SparkSession start(String application) {
    EmbarkBuild.wrongScala()
        .ifPresent(
            wrong -> {
              throw new UserError(wrong.getMessage(), wrong);
            });
    return SparkSession.builder().appName(application).getOrCreate();
  }
}
