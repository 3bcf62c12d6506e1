package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An S3 API on this machine, in a process of its own, with the bucket {@code lake}. Its packages
 * are installed into a virtual environment in the build folder; {@code -Dembark.test.python=PATH}
 * names a Python that has them.
 */
final class S3 implements AutoCloseable {
  private static final Path TARGET = Path.of("target").toAbsolutePath();
  private static final String PACKAGES = "moto[server]==5.2.5";

  private final HttpClient client = HttpClient.newHttpClient();
  private final Path log = TARGET.resolve("s3-requests.log");
  private final Process process;
  private final int port;

  S3() throws IOException, InterruptedException {
    Files.createDirectories(TARGET);
    Files.deleteIfExists(log);
    process =
        new ProcessBuilder(python(), "../src/test/python/s3.py", log.toString())
            .redirectError(TARGET.resolve("s3-errors.log").toFile())
            .start();
    try (BufferedReader out =
        new BufferedReader(
            new java.io.InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      port = Integer.parseInt(out.readLine());
    }
    put("lake");
  }

  private static String python() throws IOException, InterruptedException {
    String given = System.getProperty("embark.test.python", "");
    if (!given.isEmpty()) {
      return given;
    }
    Path environment = TARGET.resolve("venv-s3");
    String python = environment.resolve("bin/python").toString();
    Path installed = environment.resolve("packages");
    if (!Files.exists(installed) || !Files.readString(installed).equals(PACKAGES)) {
      run("python3", "-m", "venv", environment.toString());
      run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", PACKAGES);
      Files.writeString(installed, PACKAGES);
    }
    return python;
  }

  private static void run(String... words) throws IOException, InterruptedException {
    Path log = TARGET.resolve("s3-install.log");
    Process process =
        new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    if (process.waitFor() != 0) {
      fail(String.join(" ", words) + " failed:\n" + Files.readString(log));
    }
  }

  private void put(String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/%s".formatted(port, path)))
            .PUT(HttpRequest.BodyPublishers.noBody())
            .build();
    assertThat(client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode())
        .isEqualTo(200);
  }

  /** Returns the settings of S3A. */
  Map<String, String> settings() {
    Map<String, String> settings = new TreeMap<>();
    settings.put("fs.s3a.endpoint", "http://127.0.0.1:" + port);
    settings.put("fs.s3a.endpoint.region", "us-east-1");
    settings.put("fs.s3a.path.style.access", "true");
    settings.put("fs.s3a.connection.ssl.enabled", "false");
    settings.put("fs.s3a.access.key", "any");
    settings.put("fs.s3a.secret.key", "any");
    return settings;
  }

  /** Refuses all requests after the next ones, as if the client had been killed there. */
  void refuseAfter(int requests) throws IOException, InterruptedException {
    put("-/refuse/" + requests);
  }

  void accept() throws IOException, InterruptedException {
    put("-/accept");
  }

  /** Returns the requests that were answered so far. */
  List<String> requests() throws IOException {
    return Files.exists(log) ? Files.readAllLines(log) : List.of();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
