package dev.embark.submit;

import dev.embark.job.cli.UserError;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts a main class of the one jar, most often through spark-submit, and waits for it. */
final class Launcher {
  private final Build build;

  Launcher(Build build) {
    this.build = build;
  }

  /** Returns the build whose jar is submitted. */
  Build build() {
    return build;
  }

  /**
   * Runs a class of {@code dev.embark.job}; its output goes where this process's goes.
   *
   * @return the exit code of spark-submit
   * @throws UserError if there is no Spark to run on
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
    return start(command.words());
  }

  /**
   * Runs a class of {@code dev.embark.job} that needs jars of Spark but no Spark: in a JVM of its
   * own, without spark-submit.
   *
   * @return the exit code of the JVM
   * @throws UserError if there is no Spark whose jars could be used
   */
  int runAlone(String mainClass, List<String> arguments) {
    SparkHome home = SparkHome.find(System.getenv(), build.assembledSparkHome());
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
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
   * Runs a program; its output goes where this process's goes.
   *
   * @return its exit code
   * @throws UserError if there is no such program
   */
  int start(List<String> words) {
    try {
      Process process = new ProcessBuilder(words).inheritIO().start();
      // Whoever ends this process means the job, which ends in order and says how to carry on.
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
      // This process is being ended; the hook runs, and ends it when the job has ended.
    }
  }

  private static void endInOrder(Process process) {
    process.destroy();
    Runtime.getRuntime().halt(process.onExit().join().exitValue());
  }
}
