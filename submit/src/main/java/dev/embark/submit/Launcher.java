package dev.embark.submit;

import dev.embark.job.cli.UserError;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import sun.misc.Signal;

/** Starts main classes of the one jar, usually through spark-submit, and waits for them. */
final class Launcher {
  private static final Signal CTRL_C = new Signal("INT");
  private static final int CODE_OF_CTRL_C = 130;
  private static final Set<Integer> STOPPED = Set.of(CODE_OF_CTRL_C, 143); // exit codes

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
    List<String> sparkOptions = options.toWords(build.ivySettings());
    SubmitCommand command =
        new SubmitCommand(home.sparkSubmit(), sparkOptions, mainClass, build.jar(), arguments);
    boolean hasLineOfIvy =
        sparkOptions.stream().anyMatch(word -> word.startsWith(SparkOptions.IVY_SETTINGS + "="));
    return start(command.words(), SparkLogging.environment(home, System.getenv()), hasLineOfIvy);
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
    return start(words, Map.of(), false);
  }

  private static int start(
      List<String> words, Map<String, String> environment, boolean hasLineOfIvy) {
    try {
      ProcessBuilder builder = new ProcessBuilder(words).inheritIO();
      builder.environment().putAll(environment);
      if (hasLineOfIvy) {
        builder.redirectOutput(ProcessBuilder.Redirect.PIPE);
      }
      Process process = builder.start();
      // Termination of this process is meant for the job, which ends gracefully and says how to
      // resume.
      AtomicBoolean isCtrlC = new AtomicBoolean();
      handleCtrlC(isCtrlC);
      Thread end = new Thread(() -> endInOrder(process, isCtrlC), "embark-end");
      Runtime.getRuntime().addShutdownHook(end);
      if (hasLineOfIvy) {
        passOutput(process);
      }
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

  private static void passOutput(Process process) {
    try {
      ProgramOutput.pass(process.getInputStream(), new FileOutputStream(FileDescriptor.out));
    } catch (IOException e) {
      // The reader, such as head, has enough; the program ends by itself.
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is already terminating; the hook waits for the job and then exits.
    }
  }

  private static void handleCtrlC(AtomicBoolean isCtrlC) {
    try {
      Signal.handle(
          CTRL_C,
          signal -> {
            isCtrlC.set(true);
            System.exit(CODE_OF_CTRL_C);
          });
    } catch (IllegalArgumentException e) {
      // Java's option -Xrs leaves signals to their defaults.
    }
  }

  /**
   * Ends the program as this process was asked to end. A terminal sends SIGINT to both, and the
   * program may receive the SIGTERM of this process first.
   */
  private static void endInOrder(Process process, AtomicBoolean isCtrlC) {
    process.destroy();
    int code = process.onExit().join().exitValue();
    Runtime.getRuntime().halt(isCtrlC.get() && STOPPED.contains(code) ? CODE_OF_CTRL_C : code);
  }
}
