package dev.embark.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;

/** Executors of their own on this machine, whose discovery script tells of GPUs. */
final class GpuCluster {
  private static final String HOME = "spark.test.home";

  private GpuCluster() {}

  /**
   * A session that insists on GPUs; how much of one a task gets is left to the test.
   *
   * @param dir for files of it
   * @param cores of each executor
   * @param gpus of each executor
   * @param addresses of the GPUs of each worker, which has one executor
   */
  static SparkSession.Builder builder(
      Path dir, int executors, int cores, int gpus, List<String> addresses) throws IOException {
    Path home = Files.createDirectories(dir.resolve("home"));
    Files.createDirectories(home.resolve("jars"));
    // By which Spark's launcher tells the version of Scala in a home without a release.
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

  /** For after each test. */
  static void forgetHome() {
    System.clearProperty(HOME);
  }
}
