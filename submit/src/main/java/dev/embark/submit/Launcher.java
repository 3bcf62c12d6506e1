package dev.embark.submit;

import dev.embark.job.cli.UserError;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Starts main classes of the one jar, usually through spark-submit, and waits for them. */
final class Launcher {
  private final Build build;

  Launcher(Build build) {
    this.build = build;
  }

  Build build() {
    return build;
  }

  /**
   * Runs a class of {@code dev.embark.job} through spark-submit, with inherited standard streams.
   *
   * @return the exit code of spark-submit
   * @throws UserError if no usable Spark is found
   */
  int run(String mainClass, SparkOptions options, List<String> arguments) {
    SparkHome home = SparkHome.find(System.getenv(), build.assembledSparkHome());
    SubmitCommand command =
        new SubmitCommand(
            home.sparkSubmit(),
            options.toWords(build.ivySettings()),
            mainClass,
            build.jar(),
            arguments);
    return start(command.words(), SparkLogging.environment(home, System.getenv()));
  }

  /**
   * Runs a class of {@code dev.embark.job} that needs Spark's jars but no session, in a separate
   * JVM without spark-submit.
   *
   * @return the exit code of the JVM
   * @throws UserError if no usable Spark is found
   */
  int runAlone(String mainClass, List<String> arguments) {
    SparkHome home = SparkHome.find(System.getenv(), build.assembledSparkHome());
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.add("--add-opens=java.base/java.nio=ALL-UNNAMED"); // for Arrow
    words.add("-cp");
    words.add(
        String.join(
            File.pathSeparator,
            home.path().resolve("conf").toString(),
            build.jar().toString(),
            home.path().resolve("jars").resolve("*").toString()));
    words.add(mainClass);
    words.addAll(arguments);
    return start(words);
  }

  /**
   * Runs a program with inherited standard streams.
   *
   * @return its exit code
   * @throws UserError if the program cannot be started
   */
  int start(List<String> words) {
    return start(words, Map.of());
  }

  private static int start(List<String> words, Map<String, String> environment) {
    try {
      ProcessBuilder builder = new ProcessBuilder(words).inheritIO();
      builder.environment().putAll(environment);
      Process process = builder.start();
      // Termination of this process is meant for the job, which ends gracefully and says how to
      // resume.
      Thread end = new Thread(() -> endInOrder(process), "embark-end");
      Runtime.getRuntime().addShutdownHook(end);
      int code = process.waitFor();
      forget(end);
      return code;
    } catch (IOException e) {
      throw new UserError("Cannot start " + words.get(0) + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while a program runs", e);
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is already terminating; the hook waits for the job and then exits.
    }
  }

  private static void endInOrder(Process process) {
    process.destroy();
    Runtime.getRuntime().halt(process.onExit().join().exitValue());
  }
}
