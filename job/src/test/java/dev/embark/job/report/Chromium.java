package dev.embark.job.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A headless Chromium with a single page, controlled through the DevTools protocol. */
public final class Chromium implements AutoCloseable {
  private static final long SECONDS = 60;
  private static final String LISTENING = "DevTools listening on ws://";

  private final ObjectMapper mapper = new ObjectMapper();
  private final HttpClient http = HttpClient.newHttpClient();
  private final AtomicInteger lastId = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<JsonNode>> awaited = new ConcurrentHashMap<>();
  private final List<JsonNode> events = new CopyOnWriteArrayList<>();
  private final Process process;
  private final WebSocket socket;

  /** Finds the executable under the names used by Debian, Ubuntu and Google. */
  public static Optional<Path> program() {
    return Stream.of("chromium", "chromium-browser", "google-chrome")
        .flatMap(
            name ->
                Stream.of(System.getenv("PATH").split(":"))
                    .map(folder -> Path.of(folder, name))
                    .filter(Files::isExecutable))
        .findFirst();
  }

  /** Starts the browser with an empty profile. */
  public Chromium(Path program, Path profile) throws Exception {
    process =
        new ProcessBuilder(
                program.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--user-data-dir=" + profile,
                "--remote-debugging-port=0",
                "about:blank")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    String address = address(process.errorReader());
    JsonNode pages =
        mapper.readTree(
            http.send(
                    HttpRequest.newBuilder(URI.create("http://" + address + "/json/list")).build(),
                    BodyHandlers.ofString())
                .body());
    socket =
        http.newWebSocketBuilder()
            .buildAsync(
                URI.create(pages.get(0).get("webSocketDebuggerUrl").asText()), new Listener())
            .get(SECONDS, TimeUnit.SECONDS);
    for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
      call(domain + ".enable", Map.of());
    }
  }

  private static String address(BufferedReader log) throws IOException {
    for (String line = log.readLine(); line != null; line = log.readLine()) {
      if (line.startsWith(LISTENING)) {
        // Unread output would fill the pipe and block the process.
        Thread drain = new Thread(() -> log.lines().forEach(rest -> {}), "chromium-log");
        drain.setDaemon(true);
        drain.start();
        return line.substring(LISTENING.length(), line.indexOf("/devtools"));
      }
    }
    throw new IOException("Chromium ended before it listened");
  }

  /** Opens a page in a window of the given size and colour scheme and waits until it has loaded. */
  public void open(URI page, int width, int height, String scheme) throws Exception {
    call(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    call(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    CompletableFuture<JsonNode> loaded = new CompletableFuture<>();
    awaited.put("Page.loadEventFired", loaded);
    call("Page.navigate", Map.of("url", page.toString()));
    loaded.get(SECONDS, TimeUnit.SECONDS);
  }

  /** Returns the value of an expression in the page. */
  public JsonNode evaluate(String expression) throws Exception {
    JsonNode result =
        call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true));
    if (result.has("exceptionDetails")) {
      throw new IllegalArgumentException(result.get("exceptionDetails").toString());
    }
    return result.get("result").path("value");
  }

  /** Returns a PNG screenshot of the whole page. */
  public byte[] screenshot() throws Exception {
    JsonNode picture =
        call("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true));
    return Base64.getDecoder().decode(picture.get("data").asText());
  }

  /** Returns the events of the given kinds so far, such as errors or requests. */
  public List<JsonNode> events(String... methods) {
    return events.stream()
        .filter(event -> List.of(methods).contains(event.get("method").asText()))
        .map(event -> event.get("params"))
        .toList();
  }

  private JsonNode call(String method, Map<String, ?> parameters) throws Exception {
    int id = lastId.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    answers.put(id, answer);
    socket
        .sendText(
            mapper.writeValueAsString(Map.of("id", id, "method", method, "params", parameters)),
            true)
        .get(SECONDS, TimeUnit.SECONDS);
    JsonNode message = answer.get(SECONDS, TimeUnit.SECONDS);
    if (message.has("error")) {
      throw new IllegalStateException(method + ": " + message.get("error"));
    }
    return message.get("result");
  }

  @Override
  public void close() {
    List<ProcessHandle> children = process.descendants().toList();
    try {
      call("Browser.close", Map.of());
      socket.abort();
      process.waitFor(SECONDS, TimeUnit.SECONDS);
      process.destroyForcibly();
      // The processes write to the profile, which is deleted next.
      for (ProcessHandle child : children) {
        child.destroyForcibly();
        child.onExit().get(SECONDS, TimeUnit.SECONDS);
      }
    } catch (Exception e) {
      throw new IllegalStateException("Chromium does not end", e);
    }
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder parts = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      parts.append(data);
      if (last) {
        take(parts.toString());
        parts.setLength(0);
      }
      from.request(1);
      return null;
    }

    private void take(String text) {
      JsonNode message;
      try {
        message = mapper.readTree(text);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      if (message.has("id")) {
        answers.remove(message.get("id").asInt()).complete(message);
        return;
      }
      events.add(message);
      CompletableFuture<JsonNode> waiting = awaited.remove(message.get("method").asText());
      if (waiting != null) {
        waiting.complete(message);
      }
    }
  }
}
