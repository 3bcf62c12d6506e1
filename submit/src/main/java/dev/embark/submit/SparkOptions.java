package dev.embark.submit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Spark options that commands pass on to spark-submit, in its spelling. */
final class SparkOptions {
  private static final String HEARTBEAT = "spark.executor.heartbeatInterval";

  @ArgGroup(exclusive = false, validate = false, heading = "%nHanded to spark-submit:%n")
  private Given given = new Given();

  private static final class Given {
    @Option(
        names = "--master",
        paramLabel = "URL",
        defaultValue = "local[*]",
        description =
            "Where to run: local[*], local-cluster[2,1,1024], spark://host:7077, yarn or another."
                + " Default: ${DEFAULT-VALUE}.")
    private String master = "local[*]";

    @Option(
        names = "--deploy-mode",
        paramLabel = "MODE",
        description = "client or cluster: where the driver runs.")
    private String deployMode;

    @Option(
        names = "--conf",
        paramLabel = "KEY=VALUE",
        description = "Conf of Spark or, under spark.embark., of Embark; repeatable.")
    private Map<String, String> conf = new LinkedHashMap<>();

    @Option(names = "--driver-memory", paramLabel = "SIZE", description = "Such as 2g.")
    private String driverMemory;

    @Option(names = "--executor-memory", paramLabel = "SIZE", description = "Such as 4g.")
    private String executorMemory;

    @Option(names = "--executor-cores", paramLabel = "N", description = "Tasks of an executor.")
    private Integer executorCores;

    @Option(names = "--num-executors", paramLabel = "N", description = "On YARN and Kubernetes.")
    private Integer numExecutors;

    @Option(names = "--jars", paramLabel = "PATHS", description = "More jars, with commas.")
    private String jars;

    @Option(
        names = "--packages",
        paramLabel = "COORDINATES",
        description = "More jars by Maven coordinates, with commas.")
    private String packages;
  }

  /** Returns the arguments for spark-submit that precede the application jar. */
  List<String> toWords() {
    Map<String, String> conf = new LinkedHashMap<>(given.conf);
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
