package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** A job that is observed through its output files, killed and resumed. */
final class KilledJob implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(20);
  private static final int LOOK_EVERY_MILLIS = 5;

  /** Moment of a wave that the observer waits for. */
  enum Moment {
    /** Tasks are writing vectors. */
    WHILE_EMBEDDING,
    /** All vectors are written, but the log does not record it yet. */
    BEFORE_READY,
    /** The log records the wave as ready: it is being committed. */
    BEFORE_COMMIT
  }

  /** Process that receives SIGKILL. */
  enum Victim {
    DRIVER,
    EXECUTOR,
    WORKER
  }

  /**
   * Cost of the interruptions.
   *
   * @param runs number of times the command was run
   * @param waves waves of the run
   * @param wavesRepeated number of repeated waves
   * @param rowsRepeated rows of the repeated waves
   */
  record Cost(int runs, int waves, int wavesRepeated, long rowsRepeated) {}

  private final Cluster cluster;
  private final Path folder;
  private final Path state;
  private final List<String> command;
  private final Set<String> attempts = new HashSet<>(); // all wave folders seen
  private final Set<String> abandoned = new HashSet<>(); // wave folders of processes that ended
  private Process process;
  private int runs;
  private int killed;

  KilledJob(Cluster cluster, Path folder, Path state, List<String> command) throws IOException {
    this.cluster = cluster;
    this.folder = folder;
    this.state = state;
    this.command = command;
    this.process = start();
  }

  private Process start() throws IOException {
    runs++;
    abandoned.addAll(attempts);
    return Embark.launch(folder, log(), command);
  }

  private Path log() {
    return folder.resolve("job.log");
  }

  /**
   * Kills at a moment of a wave, or of the next wave if that moment has passed; resumes the job if
   * it ended.
   */
  void kill(Victim victim, Moment moment, int wave) throws Exception {
    await(moment, wave);
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

  /** Requests termination while a wave is being computed, then resumes the job. */
  void stop(int wave) throws Exception {
    await(Moment.WHILE_EMBEDDING, wave);
    process.destroy();
    awaitEnd();
    String said = Files.readString(log());
    assertThat(process.exitValue()).as(said).isEqualTo(143);
    assertThat(said.strip())
        .containsPattern("Stopped as asked: \\d+ of \\d+ waves are in ")
        .endsWith("run the same command again to carry on");
    JsonNode report = new ObjectMapper().readTree(state.resolve("report.json").toFile());
    assertThat(report.at("/ending/state").asText()).isEqualTo("stopped");
    process = start();
  }

  private void await(Moment moment, int wave) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!isAt(moment, wave)) {
      assertThat(process.isAlive())
          .as("the job runs until wave %d: %s", wave, Files.readString(log()))
          .isTrue();
      assertThat(System.nanoTime()).as("wave %d comes in time", wave).isLessThan(deadline);
      Thread.sleep(LOOK_EVERY_MILLIS);
    }
  }

  private void awaitEnd() throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (process.isAlive()) {
      waveFolders();
      assertThat(System.nanoTime()).as("it ends in time").isLessThan(deadline);
      Thread.sleep(LOOK_EVERY_MILLIS);
    }
  }

  private void killDriver() throws InterruptedException {
    List<ProcessHandle> all = process.descendants().toList();
    process.destroyForcibly();
    all.forEach(ProcessHandle::destroyForcibly);
    process.waitFor();
  }

  private boolean isAt(Moment moment, int wave) throws IOException {
    List<Path> folders = waveFolders();
    JsonNode progress;
    try {
      progress = newestVersion().at("/manifest/runs/0/progress");
    } catch (IOException e) {
      return false; // missing or being written
    }
    int committed = progress.path("committed").asInt();
    boolean ready = progress.has("ready");
    return switch (moment) {
      case WHILE_EMBEDDING -> committed >= wave && anyHas(folders, "embedded/_temporary");
      case BEFORE_READY -> committed >= wave && anyHas(folders, "embedded/_SUCCESS");
      case BEFORE_COMMIT -> committed >= wave && ready;
    };
  }

  private JsonNode newestVersion() throws IOException {
    try (Stream<Path> versions = Files.list(state.resolve("log"))) {
      Path newest = versions.max(Comparator.naturalOrder()).orElseThrow(IOException::new);
      return new ObjectMapper().readTree(newest.toFile());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private boolean anyHas(List<Path> folders, String name) {
    return folders.stream()
        .filter(folder -> !abandoned.contains(folder.getFileName().toString()))
        .anyMatch(folder -> Files.exists(folder.resolve(name)));
  }

  /**
   * Returns the folders of waves being computed or abandoned by a dead process; remembers all it
   * has seen.
   */
  private List<Path> waveFolders() throws IOException {
    if (!Files.exists(state)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(state, 2)) {
      List<Path> found =
          all.filter(path -> path.getFileName().toString().startsWith("wave-")).toList();
      found.forEach(path -> attempts.add(path.getFileName().toString()));
      return found;
    } catch (UncheckedIOException e) {
      return List.of(); // deleted while being listed
    }
  }

  /** Waits for the job to exit and reruns it until it succeeds. */
  Cost finish() throws Exception {
    awaitEnd();
    for (int more = 0; process.exitValue() != 0 && more < 2; more++) {
      process = start();
      awaitEnd();
    }
    assertThat(process.exitValue()).as(Files.readString(log())).isZero();
    return cost();
  }

  private Cost cost() throws IOException {
    JsonNode waves =
        new ObjectMapper().readTree(state.resolve("report.json").toFile()).get("waves");
    int repeated = 0;
    long rows = 0;
    for (JsonNode wave : waves) {
      String prefix = "wave-%d-".formatted(wave.get("number").asInt());
      int again = (int) attempts.stream().filter(name -> name.startsWith(prefix)).count() - 1;
      assertThat(again).as("folders seen of %s", prefix).isNotNegative();
      repeated += again;
      rows += again * wave.get("rows").asLong();
    }
    return new Cost(runs, waves.size(), repeated, rows);
  }

  @Override
  public void close() throws InterruptedException {
    killDriver();
  }
}
