package dev.embark.bench;

import dev.embark.bench.corpus.Corpus;
import dev.embark.bench.side.SideMain;
import dev.embark.bench.side.Vectors;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The process of a side, for one thread. It ends with {@link #close}. */
final class SideProcess implements AutoCloseable {
  private static final int SECONDS_TO_END = 20;

  private final Process process;
  private final Path log;
  private final BufferedWriter commands;
  private final BufferedReader replies;
  private String details = "";

  private SideProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
    commands = process.outputWriter(StandardCharsets.UTF_8);
    replies = process.inputReader(StandardCharsets.UTF_8);
  }

  /**
   * Starts a side and waits until it is ready.
   *
   * @param log takes its standard error
   * @throws SideException when it cannot start
   */
  static SideProcess start(List<String> command, Path log) throws SideException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
    SideProcess side;
    try {
      side = new SideProcess(builder.start(), log);
    } catch (IOException e) {
      throw new SideException("it cannot be started: " + e.getMessage());
    }
    try {
      List<String> ready = side.reply();
      side.details = ready.size() > 1 ? ready.get(1) : "";
      return side;
    } catch (SideException e) {
      side.close();
      throw e;
    }
  }

  /** Details that the side reports, such as versions; empty for none. */
  String details() {
    return details;
  }

  /** Lets the side prepare the first {@code count} texts of a corpus under a name. */
  void prepare(String work, Corpus corpus, int count, int batch) throws SideException {
    send("prepare", work, corpus.file(), count, batch);
  }

  /**
   * Embeds what was prepared.
   *
   * @param work the name of it
   * @param tokens that these texts have
   * @throws SideException also when the side gave the model a different number of tokens, and so
   *     cannot be compared
   */
  Round run(String work, long tokens) throws SideException {
    Duration cpu = cpu();
    long start = System.nanoTime();
    long seen = send("run", work);
    double seconds = (System.nanoTime() - start) / 1e9;
    double cpuSeconds = cpu().minus(cpu).toNanos() / 1e9;
    if (seen != 0 && Math.abs(seen - tokens) > tokens / 100) {
      throw new SideException("it saw %d tokens where the others saw %d".formatted(seen, tokens));
    }
    return Round.of(seconds, cpuSeconds);
  }

  /** The vectors of what was prepared. */
  float[][] vectors(String work) throws SideException, IOException {
    Path file = Files.createTempFile("embark-bench-vectors", "");
    try {
      send("vectors", work, file);
      return Vectors.read(file);
    } finally {
      Files.delete(file);
    }
  }

  private Duration cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  private long send(Object... words) throws SideException {
    try {
      commands.write(String.join("\t", Arrays.stream(words).map(Object::toString).toList()));
      commands.newLine();
      commands.flush();
    } catch (IOException e) {
      throw died();
    }
    List<String> done = reply();
    return done.size() > 1 ? Long.parseLong(done.get(1)) : 0;
  }

  /** The fields of the next one. */
  private List<String> reply() throws SideException {
    try {
      for (String line = replies.readLine(); line != null; line = replies.readLine()) {
        if (!line.startsWith(SideMain.REPLY)) {
          continue;
        }
        String[] words = line.substring(SideMain.REPLY.length()).split("\t", 2);
        if (words[0].equals("failed")) {
          throw new SideException(words[1]);
        }
        return List.of(words);
      }
    } catch (IOException e) {
      throw died();
    }
    throw died();
  }

  private SideException died() {
    try {
      String lastLine =
          Files.readAllLines(log, StandardCharsets.ISO_8859_1).stream()
              .filter(line -> !line.isBlank())
              .reduce((first, second) -> second)
              .orElse("it said nothing");
      process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS);
      String end = process.isAlive() ? "closed its output" : "ended with " + process.exitValue();
      return new SideException("its process " + end + ": " + lastLine.strip());
    } catch (IOException e) {
      return new SideException("its process ended, and its log cannot be read: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new SideException("its process was interrupted");
    }
  }

  @Override
  public void close() {
    try {
      commands.write("quit\n");
      commands.close();
      if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly(); // it has ended already, or does not listen
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
