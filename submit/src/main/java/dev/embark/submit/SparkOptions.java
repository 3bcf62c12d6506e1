package dev.embark.submit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Spark options that commands pass on to spark-submit, in its spelling. */
final class SparkOptions {
  private static final String HEARTBEAT = "spark.executor.heartbeatInterval";
  static final String IVY_SETTINGS = "spark.jars.ivySettings";

  @ArgGroup(exclusive = false, validate = false, heading = "%nPassed to spark-submit:%n")
  private Given given = new Given();

  private static final class Given {
    @Option(
        names = "--master",
        paramLabel = "URL",
        defaultValue = "local[*]",
        description =
            "Spark master: local[*], local-cluster[2,1,1024], spark://host:7077, yarn or another."
                + " Default: ${DEFAULT-VALUE}.")
    private String master = "local[*]";

    @Option(
        names = "--deploy-mode",
        paramLabel = "MODE",
        description = "Where the driver runs: client or cluster.")
    private String deployMode;

    @Option(
        names = "--conf",
        paramLabel = "KEY=VALUE",
        description = "Setting of Spark or, under spark.embark., of Embark; repeatable.")
    private Map<String, String> conf = new LinkedHashMap<>();

    @Option(
        names = "--driver-memory",
        paramLabel = "SIZE",
        description = "Memory of the driver, such as 2g.")
    private String driverMemory;

    @Option(
        names = "--executor-memory",
        paramLabel = "SIZE",
        description = "Memory of an executor, such as 4g.")
    private String executorMemory;

    @Option(
        names = "--executor-cores",
        paramLabel = "N",
        description = "Number of parallel tasks of an executor.")
    private Integer executorCores;

    @Option(
        names = "--num-executors",
        paramLabel = "N",
        description = "Number of executors, on YARN and Kubernetes.")
    private Integer numExecutors;

    @Option(
        names = "--jars",
        paramLabel = "PATHS",
        description = "Comma-separated paths of additional jars.")
    private String jars;

    @Option(
        names = "--packages",
        paramLabel = "COORDINATES",
        description = "Comma-separated Maven coordinates of additional jars.")
    private String packages;
  }

  /**
   * Returns the arguments for spark-submit that precede the application jar.
   *
   * @param ivySettings how packages are resolved unless the user sets it; ignored if it does not
   *     exist
   */
  List<String> toWords(Path ivySettings) {
    Map<String, String> conf = new LinkedHashMap<>(given.conf);
    // In cluster mode another machine may look for them, which has no such file.
    if (given.packages != null
        && !"cluster".equals(given.deployMode)
        && Files.exists(ivySettings)) {
      conf.putIfAbsent(IVY_SETTINGS, ivySettings.toString());
    }
    if (given.master.startsWith("local")) {
      // Progress is updated by heartbeats, which cost nothing on a single machine.
      conf.putIfAbsent(HEARTBEAT, "1s");
    }
    List<String> words = new ArrayList<>();
    add(words, "--master", given.master);
    add(words, "--deploy-mode", given.deployMode);
    add(words, "--driver-memory", given.driverMemory);
    add(words, "--executor-memory", given.executorMemory);
    add(words, "--executor-cores", given.executorCores);
    add(words, "--num-executors", given.numExecutors);
    add(words, "--jars", given.jars);
    add(words, "--packages", given.packages);
    conf.forEach((key, value) -> add(words, "--conf", key + "=" + value));
    return words;
  }

  private static void add(List<String> words, String name, Object value) {
    if (value != null) {
      words.add(name);
      words.add(value.toString());
    }
  }
}
