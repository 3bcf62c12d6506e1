package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A standalone Spark cluster of the assembled home, with master and workers in separate JVMs. */
final class Cluster implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Path folder;
  private final int port;
  private final int uiPort;
  private final List<Process> processes = new ArrayList<>();

  private Cluster(Path folder) throws IOException {
    this.folder = folder;
    this.port = freePort();
    this.uiPort = freePort();
  }

  /** Starts a cluster of workers with one core each; returns when all are registered. */
  static Cluster start(Path folder, int workers) throws Exception {
    Cluster cluster = new Cluster(folder);
    try {
      cluster.launch(
          "master",
          "org.apache.spark.deploy.master.Master",
          "--host",
          "127.0.0.1",
          "--port",
          Integer.toString(cluster.port),
          "--webui-port",
          Integer.toString(cluster.uiPort));
      for (int i = 0; i < workers; i++) {
        cluster.launchWorker(i);
      }
      cluster.awaitWorkers(workers);
      return cluster;
    } catch (Exception | AssertionError e) {
      cluster.close();
      throw e;
    }
  }

  private void launchWorker(int number) throws IOException {
    launch(
        "worker" + number,
        "org.apache.spark.deploy.worker.Worker",
        "--host",
        "127.0.0.1",
        "--cores",
        "1",
        "--memory",
        "1200M",
        "--webui-port",
        "0",
        "--work-dir",
        workFolder(number).toString(),
        url());
  }

  /** Kills an executor of a worker; returns whether there was one. */
  boolean killExecutor(int worker) {
    List<ProcessHandle> executors =
        processes
            .get(1 + worker)
            .descendants()
            .filter(p -> p.info().commandLine().orElse("").contains("ExecutorBackend"))
            .toList();
    executors.forEach(ProcessHandle::destroyForcibly);
    return !executors.isEmpty();
  }

  /** Kills a worker and its executors and starts a replacement. */
  void killWorker(int worker) throws IOException {
    List<ProcessHandle> all = processes.get(1 + worker).descendants().toList();
    processes.get(1 + worker).destroyForcibly();
    all.forEach(ProcessHandle::destroyForcibly);
    launchWorker(worker);
    processes.set(1 + worker, processes.remove(processes.size() - 1));
  }

  String url() {
    return "spark://127.0.0.1:" + port;
  }

  /** Returns the folders of the executors that a worker started. */
  List<Path> executorsOf(int worker) throws IOException {
    try (Stream<Path> found = Files.find(workFolder(worker), 3, (p, a) -> p.endsWith("stderr"))) {
      return found.toList();
    }
  }

  private Path workFolder(int worker) {
    return folder.resolve("work" + worker);
  }

  private void launch(String name, String mainClass, String... arguments) throws IOException {
    List<String> words = new ArrayList<>();
    words.add(Embark.sparkHome().resolve("bin/spark-class").toString());
    words.add(mainClass);
    words.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(name + ".log").toFile());
    builder.environment().remove("SPARK_HOME");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.environment().put("SPARK_DAEMON_MEMORY", "256m");
    processes.add(builder.start());
  }

  private void awaitWorkers(int count) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (aliveWorkers() < count) {
      assertThat(processes).as("logs in %s", folder).allMatch(Process::isAlive);
      assertThat(System.nanoTime()).as("%d workers register in time", count).isLessThan(deadline);
      Thread.sleep(200);
    }
  }

  private int aliveWorkers() throws IOException {
    try (var page = URI.create("http://127.0.0.1:" + uiPort + "/json/").toURL().openStream()) {
      return new ObjectMapper().readTree(page).get("aliveworkers").intValue();
    } catch (IOException e) {
      return 0; // The master is not up yet.
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Stops all processes of the cluster. */
  @Override
  public void close() throws InterruptedException {
    processes.forEach(Process::destroy);
    for (Process process : processes) {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
  }
}
