package dev.embark.store.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.store.ModelPlaces;
import dev.embark.store.ModelStore;
import dev.embark.store.StoreSettings;
import dev.embark.store.cache.StoredModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which proxy a URL takes, and a proxy that answers for every host. */
class ProxiesTest {
  private static final String CONTENT = "GGUF, by the proxy";

  @TempDir private Path dir;
  private ServerSocket proxy;
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();
  private volatile String connect = "502 Bad Gateway";

  @BeforeEach
  void start() throws IOException {
    proxy = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::serve, "proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
  }

  private void serve() {
    while (true) {
      try (Socket socket = proxy.accept()) {
        answer(socket);
      } catch (IOException e) {
        if (proxy.isClosed()) {
          return;
        }
      }
    }
  }

  /** Records the first line and the credentials of a request, and serves every http: URL. */
  private void answer(Socket socket) throws IOException {
    BufferedReader in =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    String first = in.readLine();
    if (first == null) {
      return;
    }
    lines.add(first);
    for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
      if (line.startsWith("Proxy-Authorization") || line.startsWith("Authorization")) {
        lines.add(line);
      }
    }
    String reply =
        first.startsWith("CONNECT")
            ? "HTTP/1.1 " + connect + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            : "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nX-Repo-Commit: c1\r\nContent-Length: "
                + CONTENT.length()
                + "\r\nConnection: close\r\n\r\n"
                + (first.startsWith("GET") ? CONTENT : "");
    socket.getOutputStream().write(reply.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
  }

  private String address() {
    return "127.0.0.1:" + proxy.getLocalPort();
  }

  private StoredModel open(String endpoint, Map<String, String> environment) {
    HubSettings settings =
        new HubSettings(
            URI.create(endpoint),
            Optional.of("hf_secret"),
            Duration.ofSeconds(5),
            2,
            Duration.ofMillis(1),
            Proxies.of(environment));
    return new ModelStore(new StoreSettings(dir.resolve("c"), 1L << 30, List.of(), false, settings))
        .open(
            "hf:org/repo/m.gguf",
            Optional.empty(),
            new ModelPlaces(name -> Optional.empty(), new Configuration(false)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"})
  void anHttpUrlGoesThroughTheProxyOfTheEnvironment(String variable) {
    try (StoredModel model =
        open("http://hub.invalid", Map.of(variable, "http://user:p%40ss@" + address()))) {
      assertThat(model.path()).hasContent(CONTENT);
    }
    assertThat(lines)
        .contains(
            "HEAD http://hub.invalid/org/repo/resolve/main/m.gguf HTTP/1.1",
            "GET http://hub.invalid/org/repo/resolve/c1/m.gguf HTTP/1.1",
            "Proxy-Authorization: Basic dXNlcjpwQHNz");
  }

  @Test
  void anHttpsUrlGoesThroughATunnelWhichGetsNoToken() {
    assertThatThrownBy(() -> open("https://hub.invalid", Map.of("HTTPS_PROXY", address())))
        .hasMessageContaining(
            "the proxy "
                + address()
                + " makes no connection to hub.invalid (Tunnel failed, got: 502)")
        .hasMessageContaining("NO_PROXY");
    assertThat(lines).containsExactly("CONNECT hub.invalid:443 HTTP/1.1");
  }

  @Test
  void aProxyThatWantsAPasswordIsSaid() {
    connect = "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"";
    assertThatThrownBy(() -> open("https://hub.invalid", Map.of("https_proxy", address())))
        .hasMessageContaining("the proxy asks for a user and a password (HTTP 407)");
  }

  @Test
  void aProxyThatDoesNotAnswerIsNamed() throws IOException {
    String address = address();
    proxy.close();
    assertThatThrownBy(() -> open("https://hub.invalid", Map.of("https_proxy", address)))
        .hasMessageContaining("the proxy " + address + " cannot be reached; check HTTPS_PROXY");
  }

  @Test
  void thePropertiesOfTheJvmWin() throws Exception {
    System.setProperty("https.proxyHost", "127.0.0.1");
    System.setProperty("https.proxyPort", "" + proxy.getLocalPort());
    try {
      assertThatThrownBy(
              () -> open("https://hub.invalid", Map.of("HTTPS_PROXY", "u:p@proxy.invalid:1")))
          .hasMessageContaining("Tunnel failed");
      assertThat(lines).containsExactly("CONNECT hub.invalid:443 HTTP/1.1");
    } finally {
      System.clearProperty("https.proxyHost");
      System.clearProperty("https.proxyPort");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "https://huggingface.co/x, true",
    "https://HUGGINGFACE.co:444/x, true",
    "http://huggingface.co/x, false",
    "https://localhost/x, false",
    "https://127.8.8.8/x, false",
    "https://[::1]/x, false",
    "https://mirror.corp/x, false",
    "https://a.mirror.corp/x, false",
    "https://amirror.corp/x, true",
    "https://x.dot.corp/x, false",
    "https://dot.corp/x, false",
    "https://star.corp/x, false",
    "https://port.corp:8443/x, false",
    "https://port.corp/x, true",
    "https://10.1.2.3/x, false",
    "https://11.1.2.3/x, true",
    "https://192.168.7.129/x, false",
    "https://192.168.7.127/x, true",
    "https://[fd00::1]/x, false",
    "https://10.1.2.3.example/x, true"
  })
  void noProxyNamesHostsDomainsAndNetworks(URI uri, boolean proxied) throws IOException {
    Map<String, String> environment =
        Map.of(
            "HTTPS_PROXY",
            "proxy.corp:3128",
            "no_proxy",
            "mirror.corp,.dot.corp *.star.corp port.corp:8443,10.0.0.0/8,"
                + " 192.168.7.128/25,fd00::/8,10.0.0.0/x,/8");
    assertThat(Proxies.of(environment).of(uri))
        .isEqualTo(
            proxied
                ? Optional.of(InetSocketAddress.createUnresolved("proxy.corp", 3128))
                : Optional.empty());
  }

  @Test
  void aStarSwitchesTheProxyOff() throws IOException {
    Proxies proxies = Proxies.of(Map.of("HTTPS_PROXY", "proxy:3128", "NO_PROXY", "*"));
    assertThat(proxies.of(URI.create("https://huggingface.co/x"))).isEmpty();
    assertThat(Proxies.of(Map.of("HTTPS_PROXY", "", "NO_PROXY", ""))).isEqualTo(Proxies.NONE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"socks5://user:hidden@proxy:1080", "http://user:hidden@", "http://a b:hidden"})
  void aProxyOfAnotherKindIsRefusedWithoutItsPassword(String value) {
    Proxies proxies = Proxies.of(Map.of("HTTPS_PROXY", value));
    assertThatThrownBy(() -> proxies.of(URI.create("https://huggingface.co/x")))
        .hasMessageContaining("HTTPS_PROXY names no proxy of the form http://host:port")
        .hasMessageNotContaining("hidden");
    assertThat(proxies.toString()).doesNotContain("hidden");
  }
}
