package dev.embark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A class of the tests that runs in a JVM of its own, as for what is decided once in a process, or
 * could end it. Its {@code main} has this JVM's class path and opened modules, and no log.
 *
 * @param main the class
 * @param environment what is added to this JVM's
 * @param options of the JVM, such as {@code -Xmx64m}
 */
public record ChildJvm(Class<?> main, Map<String, String> environment, List<String> options) {
  private static final long LIMIT_MINUTES = 20; // for one that hangs

  /**
   * How it ended.
   *
   * @param exit the process's code
   * @param out lines of standard output
   * @param err lines of standard error
   */
  public record Ended(int exit, List<String> out, List<String> err) {
    /** Returns the lines of standard output, and fails with all that was said if it failed. */
    public List<String> outOfSuccess() {
      assertThat(exit).as(this::toString).isZero();
      return out;
    }

    @Override
    public String toString() {
      return "child JVM said\n" + String.join("\n", out) + "\n" + String.join("\n", err);
    }
  }

  /** Runs it to its end; fails with all that it said by then if that takes too long. */
  public Ended run(String... arguments) throws IOException, InterruptedException {
    Path out = Files.createTempFile("embark", ".out");
    Path err = Files.createTempFile("embark", ".err");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command(arguments))
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      boolean ended;
      try {
        ended = process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES);
      } finally {
        process.destroyForcibly();
      }
      Ended result = new Ended(process.waitFor(), Files.readAllLines(out), Files.readAllLines(err));
      assertThat(ended).as("ended within %d minutes; %s", LIMIT_MINUTES, result).isTrue();
      return result;
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  private List<String> command(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-"))
        .forEach(command::add);
    command.addAll(options);
    command.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=off");
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(main.getName());
    command.addAll(List.of(arguments));
    return command;
  }
}
