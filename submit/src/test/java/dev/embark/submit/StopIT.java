package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGTERM to the command and SIGINT to its process group, as a terminal sends it, end every phase:
 * each command is stopped at Spark jobs drawn at random from those of an undisturbed run, at its
 * start and during a commit. The event log of Spark shows which job is running.
 */
@Tag("chaos")
class StopIT {
  private static final long SEED = 20261129;
  private static final String STOPPED = "Stopped as asked: ";
  private static final int ROWS = 300;

  // A run that cannot be interrupted exits after 6 seconds, and its shutdown hooks get 2.5.
  private static final Duration BOUND = Duration.ofSeconds(10);
  private static final Duration BUSY_MACHINE = Duration.ofSeconds(10);

  @TempDir private Path folder;

  private final Random random = new Random(SEED);
  private Duration longest = Duration.ZERO;
  private String longestOf = "";
  private int commands;

  /** A signal as a user sends it. */
  private enum By {
    KILL(143),
    CTRL_C(130);

    private final int exitCode;

    By(int exitCode) {
      this.exitCode = exitCode;
    }
  }

  /** A command that is running. */
  private record Running(Process process, Path log, Path events) {
    int jobs() throws IOException {
      try (Stream<Path> files = Files.list(events)) {
        int count = 0;
        for (Path file : files.toList()) {
          count += (int) lines(file).filter(l -> l.contains("SparkListenerJobStart")).count();
        }
        return count;
      }
    }

    private static Stream<String> lines(Path file) throws IOException {
      return Files.readString(file).lines();
    }

    boolean isInJvm() {
      return process
          .descendants()
          .anyMatch(
              child -> child.info().commandLine().orElse("").contains("spark.deploy.SparkSubmit"));
    }
  }

  private Running start(List<String> arguments) throws IOException {
    Path own = Files.createDirectories(folder.resolve("command-" + commands++));
    Path events = Files.createDirectories(own.resolve("events"));
    // A shell that runs tests in the background ignores SIGINT, and a process inherits that.
    List<String> words =
        new ArrayList<>(List.of("env", "--default-signal=INT", "setsid", Embark.java()));
    words.addAll(List.of("-cp", Embark.jar().toString(), "dev.embark.submit.Main"));
    words.add(arguments.get(0));
    words.addAll(
        List.of(
            "--master=local[2]",
            "--conf=spark.eventLog.enabled=true",
            "--conf=spark.eventLog.rolling.enabled=false",
            "--conf=spark.eventLog.compress=false",
            "--conf=spark.eventLog.dir=" + events.toUri()));
    words.addAll(arguments.subList(1, arguments.size()));
    Path log = own.resolve("log");
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().remove("SPARK_HOME");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    return new Running(builder.start(), log, events);
  }

  /** Runs a command to its end and returns the number of its Spark jobs. */
  private int complete(List<String> arguments) throws Exception {
    Running running = start(arguments);
    assertThat(running.process().waitFor(10, TimeUnit.MINUTES)).isTrue();
    assertThat(running.process().exitValue()).as(Files.readString(running.log())).isZero();
    return running.jobs();
  }

  /** Condition on a running command. */
  private interface Moment {
    boolean isReached(Running running) throws IOException;
  }

  /** Stops a command once it has reached a moment. */
  private void stop(List<String> arguments, String name, Moment moment) throws Exception {
    By by = By.values()[commands % By.values().length];
    Running running = start(arguments);
    Process process = running.process();
    while (process.isAlive() && !moment.isReached(running)) {
      Thread.sleep(5);
    }
    Thread.sleep(random.nextInt(400));
    long begin = System.nanoTime();
    String target = by == By.KILL ? "" + process.pid() : "-" + process.pid();
    String signal = by == By.KILL ? "TERM" : "INT";
    new ProcessBuilder("kill", "-s", signal, "--", target).inheritIO().start().waitFor();
    assertThat(process.waitFor(BOUND.plus(BUSY_MACHINE).toSeconds(), TimeUnit.SECONDS))
        .as("%s by %s ends: %s", name, by, Files.readString(running.log()))
        .isTrue();
    Duration took = Duration.ofNanos(System.nanoTime() - begin);
    String said = Files.readString(running.log());
    System.out.printf(
        "%s, %s after %d jobs: exit code %d after %d ms%n",
        name, by, running.jobs(), process.exitValue(), took.toMillis());
    if (took.compareTo(longest) > 0) {
      longest = took;
      longestOf = name;
    }
    assertThat(process.exitValue()).as("%s by %s: %s", name, by, said).isIn(0, by.exitCode);
    assertThat(said).doesNotContain("\tat ").doesNotContain("Exception in thread");
    if (process.exitValue() != 0 && running.jobs() > 0) {
      assertThat(said.split(STOPPED, -1)).as("%s by %s: %s", name, by, said).hasSize(2);
    }
  }

  private void stopAtJobs(List<String> arguments, String name, int jobs, int times)
      throws Exception {
    for (int i = 0; i < times; i++) {
      int job = 1 + random.nextInt(Math.max(1, jobs));
      stop(arguments, "%s, job %d of %d".formatted(name, job, jobs), r -> r.jobs() >= job);
    }
  }

  private Path texts(String name, String word) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int id = 0; id < ROWS; id++) {
      lines.add("{\"id\":%d,\"text\":\"%s %d %s\"}".formatted(id, word, id, " text".repeat(200)));
    }
    return Files.write(folder.resolve(name), lines);
  }

  private List<String> run(Path input, Path output, String... more) {
    List<String> words = new ArrayList<>(List.of("run", "--input=" + input, "--output=" + output));
    // In this mode the same command may be run again when it is done.
    words.addAll(List.of("--id-column=id", "--rows-per-wave=100", "--save-mode=append"));
    words.addAll(List.of(more));
    return words;
  }

  private static boolean isReady(Path output) throws IOException {
    Path log = output.resolve("_embark/log");
    if (!Files.exists(log)) {
      return false;
    }
    try (Stream<Path> versions = Files.list(log)) {
      Path newest = versions.max(Path::compareTo).orElse(null);
      return newest != null && Files.readString(newest).contains("\"ready\"");
    }
  }

  @Test
  void everyPhaseOfEveryCommandEndsAndTheNextRunCompletes() throws Exception {
    Path first = texts("first.json", "a");
    Path second = texts("second.json", "another");
    int ofRun = complete(run(first, folder.resolve("calm")));
    int ofAppend = complete(run(second, folder.resolve("calm")));
    int ofDryRun = complete(run(first, folder.resolve("none"), "--dry-run"));
    Path out = folder.resolve("out");

    stop(run(first, out), "start", Running::isInJvm);
    stop(run(first, out), "start", Running::isInJvm);
    stopAtJobs(run(first, out), "run", ofRun, 5);
    stop(run(first, out), "commit", running -> isReady(out));
    complete(run(first, out));
    stopAtJobs(run(second, out), "append", ofAppend, 4);
    complete(run(second, out));
    stopAtJobs(run(first, folder.resolve("none"), "--dry-run"), "dry run", ofDryRun, 3);
    String slow = "SELECT sum(embed(concat('a text ', id))[0]) FROM range(0, 1000000, 1, 50)";
    stopAtJobs(List.of("sql", slow), "sql", 1, 2);

    System.out.printf("longest: %d ms, %s%n", longest.toMillis(), longestOf);
    assertThat(folder.resolve("none")).doesNotExist();
    Embark.Result counts =
        Embark.run(
            folder,
            "sql",
            "--master=local[2]",
            "--format=json",
            "SELECT count(*) AS rows, count(DISTINCT id, embedding_version) AS distinct,"
                + " count(DISTINCT id) AS ids, count(embedding) AS vectors FROM parquet.`%s`"
                    .formatted(out));
    assertThat(counts.out().strip())
        .as(counts.err())
        .isEqualTo("{\"rows\":600,\"distinct\":600,\"ids\":300,\"vectors\":600}");
  }
}
