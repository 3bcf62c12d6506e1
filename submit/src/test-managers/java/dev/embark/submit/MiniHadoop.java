package dev.embark.submit;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.ContainerId;
import org.apache.hadoop.yarn.api.records.ContainerReport;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.apache.hadoop.yarn.server.MiniYARNCluster;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.fifo.FifoScheduler;

/**
 * HDFS and YARN with one node each, in this JVM; containers are processes. YARN kills a container
 * that exceeds its memory, and has its default limit for one container, 8 GB.
 */
final class MiniHadoop implements AutoCloseable {
  /** Settings of a client; the others name classes that only the servers have. */
  private static final List<String> CLIENT_SETTINGS =
      List.of(
          YarnConfiguration.RM_ADDRESS,
          YarnConfiguration.RM_SCHEDULER_ADDRESS,
          YarnConfiguration.RM_WEBAPP_ADDRESS);

  private final Path folder;
  private final MiniDFSCluster hdfs;
  private final MiniYARNCluster yarn;
  private final YarnClient client = YarnClient.createYarnClient();

  /** Starts both; the folder holds the files of all, with the logs and the clients' settings. */
  MiniHadoop(Path folder) throws IOException {
    this.folder = folder;
    YarnConfiguration conf = new YarnConfiguration();
    conf.set("hdfs.minidfs.basedir", folder.resolve("hdfs").toString());
    conf.setInt("dfs.replication", 1);
    hdfs = new MiniDFSCluster.Builder(conf).numDataNodes(1).build();
    hdfs.waitActive();
    conf.set("fs.defaultFS", hdfs.getURI().toString());
    // The default scheduler leaves a tenth of the memory to drivers, which is none of this size.
    conf.set(YarnConfiguration.RM_SCHEDULER, FifoScheduler.class.getName());
    conf.setInt("yarn.minicluster.yarn.nodemanager.resource.memory-mb", 24 * 1024);
    conf.setBoolean("yarn.minicluster.control-resource-monitoring", true);
    conf.setBoolean(YarnConfiguration.NM_PMEM_CHECK_ENABLED, true);
    conf.setBoolean(YarnConfiguration.NM_VMEM_CHECK_ENABLED, false);
    conf.setInt(YarnConfiguration.NM_RESOURCE_MON_INTERVAL_MS, 1000);
    // A full disk of the machine that runs the test is no concern of the test.
    conf.setFloat(YarnConfiguration.NM_MAX_PER_DISK_UTILIZATION_PERCENTAGE, 99.9f);
    System.setProperty("test.build.data", folder.resolve("yarn").toString());
    yarn = new MiniYARNCluster("yarn", 1, 1, 1);
    yarn.init(conf);
    yarn.start();
    client.init(yarn.getConfig());
    client.start();
    writeConfiguration();
  }

  private void writeConfiguration() throws IOException {
    Configuration settings = new Configuration(false);
    settings.set("fs.defaultFS", hdfs.getURI().toString());
    settings.setInt("dfs.replication", 1);
    CLIENT_SETTINGS.forEach(name -> settings.set(name, yarn.getConfig().get(name)));
    Files.createDirectories(configurationFolder());
    // Each file overrides the defaults of its own part of Hadoop only.
    for (String part : List.of("core", "hdfs", "yarn")) {
      Path file = configurationFolder().resolve(part + "-site.xml");
      try (OutputStream out = Files.newOutputStream(file)) {
        settings.writeXml(out);
      }
    }
  }

  /** Returns the folder that {@code HADOOP_CONF_DIR} names. */
  Path configurationFolder() {
    return folder.resolve("conf");
  }

  /** Returns HDFS, which the cluster closes. */
  FileSystem files() throws IOException {
    return hdfs.getFileSystem();
  }

  /** Returns the state of the only application, or null if none was submitted yet. */
  ApplicationReport application() throws IOException, YarnException {
    List<ApplicationReport> all = client.getApplications();
    return all.isEmpty() ? null : all.get(0);
  }

  /** Returns the memory of each container with an executor that is running, in MB. */
  List<Long> memoryOfExecutors() throws IOException, YarnException {
    var attempt = application().getCurrentApplicationAttemptId();
    ContainerId driver = client.getApplicationAttemptReport(attempt).getAMContainerId();
    return client.getContainers(attempt).stream()
        .filter(container -> !container.getContainerId().equals(driver))
        .map(ContainerReport::getAllocatedResource)
        .map(resource -> resource.getMemorySize())
        .toList();
  }

  /** Returns the JVMs of the executors that are running. */
  List<ProcessHandle> executors() {
    return ProcessHandle.current()
        .descendants()
        .filter(p -> p.info().command().orElse("").endsWith("/java"))
        .filter(p -> commandLine(p).contains("YarnCoarseGrainedExecutorBackend"))
        .toList();
  }

  static String commandLine(ProcessHandle process) {
    return process.info().commandLine().orElse("");
  }

  /** Returns the log folder of each container that was started, the driver's first. */
  List<Path> containers() throws IOException {
    Path logs = Path.of(yarn.getNodeManager(0).getConfig().get(YarnConfiguration.NM_LOG_DIRS));
    try (Stream<Path> found = Files.walk(logs, 2)) {
      return found
          .filter(path -> path.getFileName().toString().startsWith("container_"))
          .sorted()
          .toList();
    }
  }

  @Override
  public void close() {
    client.stop();
    yarn.stop();
    hdfs.shutdown(true);
  }
}
