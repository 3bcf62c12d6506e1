package dev.embark.connect;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Spark Connect server in a JVM of its own, on a port that the system chooses. {@link #close}
 * ends it.
 */
final class ConnectServer implements AutoCloseable {
  private static final Pattern STARTED = Pattern.compile("Connect server started at.*:(\\d+)");

  private final Process process;
  private final int port;

  private ConnectServer(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Returns once the server takes requests.
   *
   * @param workingDirectory where it may leave files
   * @throws IOException if it ends before that; the message holds what it printed
   */
  static ConnectServer start(Path workingDirectory) throws IOException {
    Path classPath = Path.of(System.getProperty("embark.connect.classpath"));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-Dio.netty.tryReflectionSetAccessible=true",
            "-Dspark.master=local[2]",
            "-Dspark.app.name=connect",
            "-Dspark.ui.enabled=false",
            "-Dspark.connect.grpc.binding.port=0",
            "-cp",
            Files.readString(classPath).strip(),
            "org.apache.spark.sql.connect.service.SparkConnectServer"));
    Process process =
        new ProcessBuilder(command)
            .directory(workingDirectory.toFile())
            .redirectErrorStream(true)
            .start();
    StringBuilder printed = new StringBuilder();
    BufferedReader output = process.inputReader();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      printed.append(line).append('\n');
      Matcher started = STARTED.matcher(line);
      if (started.find()) {
        // If nothing more were read, the pipe would fill up and block the server.
        Thread reader = new Thread(() -> output.lines().forEach(rest -> {}), "server output");
        reader.setDaemon(true);
        reader.start();
        return new ConnectServer(process, Integer.parseInt(started.group(1)));
      }
    }
    throw new IOException("The Spark Connect server ended before it took requests:\n" + printed);
  }

  /** Where clients find it. */
  String url() {
    return "sc://localhost:" + port;
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    process.waitFor();
  }
}
