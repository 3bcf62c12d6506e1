package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A job that is watched through the files of its output, killed, and run again. */
final class KilledJob implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(20);
  private static final int LOOK_EVERY_MILLIS = 5;

  /** What the watcher waits for, in a certain wave. */
  enum Moment {
    /** Tasks write vectors. */
    WHILE_EMBEDDING,
    /** All vectors are written; the manifest does not say so yet. */
    BEFORE_READY,
    /** The manifest says that the wave is ready: it is being committed. */
    BEFORE_COMMIT
  }

  /** What is ended by SIGKILL. */
  enum Victim {
    DRIVER,
    EXECUTOR,
    WORKER
  }

  private final Cluster cluster;
  private final Path folder;
  private final Path state;
  private final List<String> command;
  private Process process;
  private int killed;

  KilledJob(Cluster cluster, Path folder, Path state, List<String> command) throws IOException {
    this.cluster = cluster;
    this.folder = folder;
    this.state = state;
    this.command = command;
    this.process = start();
  }

  private Process start() throws IOException {
    return Embark.launch(folder, log(), command);
  }

  private Path log() {
    return folder.resolve("job.log");
  }

  /** Kills at a moment of a wave, or of the next if that has passed; runs the job if it ended. */
  void kill(Victim victim, Moment moment, int wave) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!isAt(moment, wave)) {
      assertThat(process.isAlive()).as("the job runs until wave %d: %s", wave, log()).isTrue();
      assertThat(System.nanoTime()).as("wave %d comes in time", wave).isLessThan(deadline);
      Thread.sleep(LOOK_EVERY_MILLIS);
    }
    switch (victim) {
      case EXECUTOR -> {
        boolean any = cluster.killExecutor(killed % 2) || cluster.killExecutor((killed + 1) % 2);
        assertThat(any).as("an executor to kill").isTrue();
      }
      case WORKER -> cluster.killWorker(killed % 2);
      case DRIVER -> {
        killDriver();
        process = start();
      }
    }
    killed++;
  }

  private void killDriver() throws InterruptedException {
    List<ProcessHandle> all = process.descendants().toList();
    process.destroyForcibly();
    all.forEach(ProcessHandle::destroyForcibly);
    process.waitFor();
  }

  private boolean isAt(Moment moment, int wave) throws IOException {
    int committed = 0;
    boolean ready = false;
    Path manifest = state.resolve("manifest.json");
    try {
      JsonNode waves = new ObjectMapper().readTree(manifest.toFile()).at("/runs/0/waves");
      for (JsonNode each : waves) {
        committed += each.get("state").asText().equals("COMMITTED") ? 1 : 0;
        ready |= each.get("state").asText().equals("READY");
      }
    } catch (IOException e) {
      return false; // Not there yet, or being replaced.
    }
    return switch (moment) {
      case WHILE_EMBEDDING -> committed >= wave && exists("embedded/_temporary");
      case BEFORE_READY -> committed >= wave && exists("embedded/_SUCCESS");
      case BEFORE_COMMIT -> committed >= wave && ready;
    };
  }

  /** Whether the folder of the wave that is embedded has a file or folder. */
  private boolean exists(String name) throws IOException {
    try (Stream<Path> runs = Files.walk(state, 2)) {
      return runs.filter(path -> path.getFileName().toString().startsWith("wave-"))
          .anyMatch(path -> Files.exists(path.resolve(name)));
    } catch (java.io.UncheckedIOException e) {
      return false; // Deleted while it was listed.
    }
  }

  /** Waits for the job's end, and runs it again until it succeeds. */
  void finish() throws Exception {
    assertThat(process.waitFor(PATIENCE.toMinutes(), TimeUnit.MINUTES)).as("it ends").isTrue();
    for (int more = 0; process.exitValue() != 0 && more < 2; more++) {
      process = start();
      assertThat(process.waitFor(PATIENCE.toMinutes(), TimeUnit.MINUTES)).as("it ends").isTrue();
    }
    assertThat(process.exitValue()).as(Files.readString(log())).isZero();
  }

  @Override
  public void close() throws InterruptedException {
    killDriver();
  }
}
