package dev.embark.store.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.model.Sha256;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.store.ModelPlaces;
import dev.embark.store.ModelStore;
import dev.embark.store.StoreSettings;
import dev.embark.store.WebServer;
import dev.embark.store.cache.StoredModel;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models on a web server, whose URLs do not identify a version. */
class WebFileTest {
  private static final String FIRST = "GGUF, the first";
  private static final String SECOND = "GGUF, the second";

  @TempDir Path dir;
  private WebServer server;

  @BeforeEach
  void start() throws IOException {
    server = new WebServer(bytes(FIRST), "\"1\"");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void nextQueryUsesTheServersCurrentVersion() {
    ModelStore store = store("node", false);
    for (int i = 0; i < 2; i++) {
      String hash = store.sha256(server.url(), places());
      assertThat(hash).isEqualTo(Sha256.of(FIRST));
      assertThat(content(store, Optional.of(hash))).hasContent(FIRST);
    }
    assertThat(server.gets).hasValue(1);
    change();
    String hash = store.sha256(server.url(), places());
    assertThat(hash).isEqualTo(Sha256.of(SECOND));
    assertThat(content(store, Optional.of(hash))).hasContent(SECOND);
    assertThat(content(store, Optional.empty())).hasContent(SECOND);
    assertThat(server.gets).hasValue(2);
  }

  @Test
  void refusesAnotherVersionThanTheDrivers() {
    String hash = store("driver", false).sha256(server.url(), places());
    assertThat(content(store("node", false), Optional.of(hash))).hasContent(FIRST);
    change();
    assertThat(content(store("node", false), Optional.of(hash))).hasContent(FIRST); // its copy
    assertThatThrownBy(() -> content(store("other", false), Optional.of(hash)))
        .isInstanceOf(EmbarkException.class)
        .hasMessage(
            "The model %s cannot be fetched: it has SHA-256 %s, but %s was asked for."
                .formatted(server.url(), Sha256.of(SECOND), hash));
  }

  @Test
  void serverWithoutVersionsNeedsAHash() {
    server.tag = null;
    ModelStore store = store("node", false);
    assertThatThrownBy(() -> store.sha256(server.url(), places()))
        .isInstanceOf(EmbarkException.class)
        .hasMessageContaining(server.url())
        .hasMessageContaining("gives neither ETag nor Last-Modified")
        .hasMessageContaining("set modelSha256");
    assertThatThrownBy(() -> content(store, Optional.empty())).hasMessageContaining("modelSha256");
    assertThat(server.gets).hasValue(0);
    assertThat(content(store, Optional.of(Sha256.of(FIRST)))).hasContent(FIRST);
    server.modified = "Sun, 29 Nov 2026 02:00:00 GMT";
    assertThat(store.sha256(server.url(), places())).isEqualTo(Sha256.of(FIRST));
  }

  @Test
  void refusesAVersionThatChangesBetweenRequests() {
    server.beforeGet = this::change;
    assertThatThrownBy(() -> content(store("node", false), Optional.empty()))
        .hasMessageContaining("it changed on the server while it was fetched; try again");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void copyWithTheHashNeedsNoServer(boolean given) {
    Optional<String> hash = Optional.of(Sha256.of(FIRST));
    content(store("node", false), given ? hash : Optional.empty());
    server.close();
    assertThat(content(store("node", true), hash)).hasContent(FIRST);
    assertThat(content(store("node", false), hash)).hasContent(FIRST);
    assertThatThrownBy(() -> content(store("other", true), hash))
        .hasMessageContaining("has no copy of it, and its server is not asked");
  }

  @ParameterizedTest
  @CsvSource({"400, true", "403, true", "404, false", "405, true", "405, false", "501, false"})
  void aServerThatRefusesHeadIsAskedForAByte(int status, boolean ranges) throws IOException {
    server.headStatus = status;
    server.ranges = ranges;
    assertThat(new WebFile(server.url(), Optional.empty(), settings()).size()).hasValue(15);
    ModelStore store = store("node", false);
    assertThat(store.sha256(server.url(), places())).isEqualTo(Sha256.of(FIRST));
    change();
    assertThat(store.sha256(server.url(), places())).isEqualTo(Sha256.of(SECOND));
    assertThat(content(store, Optional.empty())).hasContent(SECOND);
    server.tag = null;
    assertThatThrownBy(() -> store.sha256(server.url(), places()))
        .hasMessageContaining("gives neither ETag nor Last-Modified");
  }

  @Test
  void missingFileIsNamed() {
    String url = server.url().replace("m.gguf", "none.gguf");
    assertThatThrownBy(() -> store("node", false).sha256(url, places()))
        .hasMessage("The model " + url + " cannot be fetched: there is no such file.");
  }

  @Test
  void followsRedirects() {
    String url = server.url().replace("m.gguf", "moved");
    assertThat(store("node", false).sha256(url, places())).isEqualTo(Sha256.of(FIRST));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1/m",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.7:8080/m",
        "http://192.168.1.1/m",
        "http://100.64.0.1/m",
        "http://0.0.0.0/m",
        "http://[::1]/m",
        "http://[fd00::1]/m",
        "http://[::ffff:10.0.0.1]/m",
        "file:///etc/passwd",
        "ftp://8.8.8.8/m"
      })
  void refusesRedirectsIntoAPrivateNetwork(String target) {
    URI origin = URI.create("http://8.8.8.8/m");
    assertThatThrownBy(() -> HubClient.checkRedirect(origin, origin, URI.create(target)))
        .isInstanceOf(HubClient.Refused.class)
        .hasMessageContaining("the server redirects to ");
    assertThatCode(
            () -> HubClient.checkRedirect(origin, origin, URI.create("https://8.8.4.4:81/m")))
        .doesNotThrowAnyException();
  }

  private void change() {
    server.content = bytes(SECOND);
    server.tag = "\"2\"";
  }

  private Path content(ModelStore store, Optional<String> sha256) {
    try (StoredModel model = store.open(server.url(), sha256, places())) {
      return model.path();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static ModelPlaces places() {
    return new ModelPlaces(name -> Optional.empty(), new Configuration(false));
  }

  private ModelStore store(String node, boolean offline) {
    return new ModelStore(
        new StoreSettings(dir.resolve(node), 1L << 30, List.of(), offline, settings()));
  }

  private static HubSettings settings() {
    return new HubSettings(
        URI.create("http://127.0.0.1:1"),
        Optional.empty(),
        Duration.ofMinutes(1),
        1,
        Duration.ofMillis(1),
        Proxies.NONE);
  }
}
