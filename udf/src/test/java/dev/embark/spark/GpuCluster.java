package dev.embark.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;

/** Starts a local cluster whose discovery script reports GPUs. */
final class GpuCluster {
  private static final String HOME = "spark.test.home";

  private GpuCluster() {}

  /**
   * A session with {@code device=gpu}; the test sets the GPU share per task.
   *
   * @param dir for temporary files
   * @param cores per executor
   * @param gpus per executor
   * @param addresses of the GPUs of each worker, which runs one executor
   */
  static SparkSession.Builder builder(
      Path dir, int executors, int cores, int gpus, List<String> addresses) throws IOException {
    Path home = Files.createDirectories(dir.resolve("home"));
    Files.createDirectories(home.resolve("jars"));
    // Spark's launcher derives the Scala version from this in a home without a RELEASE file.
    String version = scala.util.Properties.versionNumberString().replaceFirst("\\.\\d+$", "");
    Files.createDirectories(home.resolve("launcher/target/scala-" + version));
    System.setProperty(HOME, home.toString());
    String quoted = addresses.stream().map(a -> '"' + a + '"').collect(Collectors.joining(", "));
    Path script =
        Files.writeString(
            dir.resolve("discover"),
            "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [" + quoted + "]}'\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return SparkSession.builder()
        .master("local-cluster[" + executors + "," + cores + ",1024]")
        .appName("gpus")
        .config("spark.ui.enabled", "false")
        .config(
            "spark.executor.extraClassPath",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")))
        .config("spark.executor.memory", "1g")
        .config("spark.worker.resource.gpu.amount", "" + addresses.size())
        .config("spark.worker.resource.gpu.discoveryScript", script.toString())
        .config("spark.executor.resource.gpu.amount", "" + gpus)
        .config("spark.executor.resource.gpu.discoveryScript", script.toString())
        .config("spark.embark.device", "gpu")
        .config("spark.embark.cacheDir", dir.resolve("models").toString());
  }

  /** Called after each test. */
  static void forgetHome() {
    System.clearProperty(HOME);
  }
}
