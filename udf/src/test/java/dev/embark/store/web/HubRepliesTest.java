package dev.embark.store.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.embark.store.ModelPlaces;
import dev.embark.store.ModelStore;
import dev.embark.store.StoreSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sentences for what the Hub refuses, with the status and {@code X-Error-Code} of the real one. */
class HubRepliesTest {
  private static final String TOKEN = "hf_abcdefghijklmnopqrstuvwxyz";

  @TempDir private Path dir;
  private HttpServer hub;
  private URI endpoint;
  private final AtomicInteger requests = new AtomicInteger();
  private volatile int status;
  private volatile String code = "";
  private volatile String retryAfter = "";

  @BeforeEach
  void start() throws IOException {
    hub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hub.createContext("/", this::answer);
    hub.start();
    endpoint = URI.create("http://127.0.0.1:" + hub.getAddress().getPort());
  }

  @AfterEach
  void stop() {
    hub.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.incrementAndGet();
      if (!code.isEmpty()) {
        exchange.getResponseHeaders().set("X-Error-Code", code);
      }
      if (!retryAfter.isEmpty()) {
        exchange.getResponseHeaders().set("Retry-After", retryAfter);
      }
      exchange.sendResponseHeaders(status, -1);
    }
  }

  private HubSettings settings(URI server, Optional<String> token) {
    return new HubSettings(
        server, token, Duration.ofSeconds(5), 3, Duration.ofMillis(1), Proxies.NONE);
  }

  private void open(String uri, HubSettings settings) {
    new ModelStore(new StoreSettings(dir.resolve("cache"), 1L << 30, List.of(), false, settings))
        .open(
            uri,
            Optional.empty(),
            new ModelPlaces(name -> Optional.empty(), new Configuration(false)))
        .close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "401|RepoNotFound|false|the repository does not exist or is private (HTTP 401): check its"
            + " name, or set HF_TOKEN on the driver",
        "401|GatedRepo|false|its authors ask for consent to their terms (HTTP 401): accept them on"
            + " ENDPOINT/org/repo, and set HF_TOKEN on the driver",
        "403|GatedRepo|true|the account of HF_TOKEN has no access to it (HTTP 403): accept the"
            + " terms on ENDPOINT/org/repo with that account",
        "401||true|the Hub does not accept HF_TOKEN (HTTP 401): it is incomplete, expired or"
            + " revoked",
        "403||true|HF_TOKEN may not read it (HTTP 403): give the token access",
        "404|RepoNotFound|true|there is no such repository, or HF_TOKEN may not read it",
        "404|RepoNotFound|false|there is no such repository.",
        "404|RevisionNotFound|false|the repository has no such revision",
        "404|EntryNotFound|false|the repository has no such file",
        "407||false|the proxy asks for a user and a password (HTTP 407): write them into"
            + " HTTPS_PROXY",
        "410||false|the server answers HTTP 410"
      })
  void aRefusalIsOneSentenceAndIsNotRetried(
      int answer, String error, boolean token, String sentence) throws IOException {
    status = answer;
    code = error == null ? "" : error;
    HubSettings settings = settings(endpoint, token ? Optional.of(TOKEN) : Optional.empty());
    for (String uri : List.of("hf:org/repo", "hf:org/repo/m.gguf", "hf:org/repo@v9")) {
      requests.set(0);
      assertThatThrownBy(() -> open(uri, settings))
          .hasMessageStartingWith("The model " + uri + " cannot be fetched: ")
          .hasMessageContaining(sentence.replace("ENDPOINT", endpoint.toString()))
          .satisfies(e -> assertThat(trace(e)).doesNotContain(TOKEN));
      assertThat(requests).hasValue(1);
    }
  }

  private static String trace(Throwable e) {
    java.io.StringWriter trace = new java.io.StringWriter();
    e.printStackTrace(new java.io.PrintWriter(trace));
    return trace.toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "429|the server takes no more requests for now (HTTP 429); try again in some minutes, or"
            + " set HF_TOKEN on the driver",
        "503|the server answers HTTP 503; gave up after 3 attempts",
        "504|the server answers HTTP 504; gave up after 3 attempts"
      })
  void aBusyServerIsAskedAgain(int answer, String sentence) {
    status = answer;
    retryAfter = "0";
    assertThatThrownBy(() -> open("hf:org/repo", settings(endpoint, Optional.empty())))
        .hasMessageContaining(sentence);
    assertThat(requests).hasValue(3);
  }

  @Test
  void thePauseIsAtLeastTheOneThatTheServerAsksFor() {
    Retries retries = new Retries(settings(endpoint, Optional.empty()));
    assertThat(retries.pause(1, 1, new Busy("x", Duration.ofSeconds(7)))).isEqualTo(7_000);
    assertThat(retries.pause(1, 1, new Busy("x", Duration.ofDays(1)))).isEqualTo(120_000);
    assertThat(retries.pause(4, 1, new Busy("x", Duration.ZERO))).isEqualTo(8);
    assertThat(retries.pause(4, 1, new IOException("x"))).isEqualTo(8);
  }

  @Test
  void aServerThatRefusesConnectionsIsTriedTwice() throws IOException {
    int port;
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = closed.getLocalPort();
    }
    HubSettings settings = settings(URI.create("http://127.0.0.1:" + port), Optional.empty());
    for (String uri : List.of("hf:org/repo", "hf:org/repo/m.gguf")) {
      assertThatThrownBy(() -> open(uri, settings))
          .hasMessageContaining(
              "127.0.0.1 cannot be reached; set HTTPS_PROXY if this machine needs")
          .hasMessageContaining("HF_ENDPOINT if it has a mirror of the Hub, or else name a file");
    }
    HubSettings other = settings(endpoint, Optional.empty());
    assertThatThrownBy(() -> open("http://127.0.0.1:" + port + "/m.gguf", other))
        .hasMessageContaining("127.0.0.1 cannot be reached; set HTTPS_PROXY")
        .hasMessageEndingWith(
            "needs a proxy, or else name a file or folder that was copied to this machine.");
  }

  @Test
  void aNameThatIsNotKnownIsSaid() {
    String host = "x".repeat(64) + ".invalid"; // too long a label to ask a name server for it
    assertThatThrownBy(
            () -> open("hf:org/repo", settings(URI.create("http://" + host), Optional.empty())))
        .hasMessageContaining("the name of " + host + " is not known here; set HTTPS_PROXY");
  }

  @Test
  void aTokenThatIsNoneIsRefusedWithoutItsText() {
    assertThatThrownBy(() -> open("hf:org/repo", settings(endpoint, Optional.of("hf_secret\nx"))))
        .hasMessageContaining("HF_TOKEN has characters that no token has")
        .satisfies(e -> assertThat(trace(e)).doesNotContain("hf_secret"));
    assertThat(requests).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mirror.example", "ftp://mirror.example", "https://", "not a url"})
  void anEndpointThatIsNoUrlIsSaid(String value) {
    HubSettings settings = HubSettings.of(Map.of("HF_ENDPOINT", value));
    assertThatThrownBy(() -> open("hf:org/repo", settings))
        .hasMessageContaining("HF_ENDPOINT is no URL of the form https://host");
  }

  @Test
  void theTokenIsWhereTheToolsOfTheHubHaveIt() throws IOException {
    Path home = Files.createDirectory(dir.resolve("home"));
    Path hubHome = Files.createDirectory(dir.resolve("hub"));
    Path other = Files.writeString(dir.resolve("other"), "hf_other\n");
    Files.writeString(hubHome.resolve("token"), "hf_hub");
    assertThat(HubToken.of(Map.of(), home)).isEmpty();
    Files.createDirectories(home.resolve(".cache/huggingface"));
    Files.writeString(home.resolve(".cache/huggingface/token"), "hf_home");

    assertThat(HubToken.of(Map.of(), home)).contains("hf_home");
    assertThat(HubToken.of(Map.of("HF_HOME", hubHome.toString()), home)).contains("hf_hub");
    assertThat(
            HubToken.of(
                Map.of("HF_HOME", hubHome.toString(), "HF_TOKEN_PATH", other.toString()), home))
        .contains("hf_other");
    assertThat(HubToken.of(Map.of("HF_TOKEN", " hf_set ", "HF_TOKEN_PATH", other.toString()), home))
        .contains("hf_set");
    assertThat(HubToken.of(Map.of("HF_TOKEN", "", "HF_TOKEN_PATH", "/none"), home)).isEmpty();
  }
}
