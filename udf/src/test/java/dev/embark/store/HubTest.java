package dev.embark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.store.HubServer.Fault;
import dev.embark.store.cache.ModelCache;
import dev.embark.store.cache.StoredModel;
import dev.embark.store.web.HubSettings;
import dev.embark.store.web.Proxies;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads from a hub that is slow, faulty, dishonest or unreachable. */
class HubTest {
  private static final String URI_OF_FILE = "hf:org/repo/m.gguf";
  private static final int BYTES = 300_000;
  private static final int ATTEMPTS = 4;

  @TempDir Path dir;
  private HubServer hub;

  @BeforeEach
  void start() throws IOException {
    hub = new HubServer(BYTES);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  void downloadsAFileOnce() {
    try (StoredModel first = open()) {
      assertThat(first.path()).hasBinaryContent(hub.content());
      assertThat(first.sha256()).isEqualTo(hub.sha256());
    }
    try (StoredModel second = open()) {
      assertThat(second.path()).hasBinaryContent(hub.content());
    }
    assertThat(hub.gets).hasValue(1);
    assertThat(hub.heads).hasValue(2);
  }

  @Test
  void revisionsOfEqualContentShareACopy() {
    try (StoredModel main = open();
        StoredModel tag = open(store(settings(Optional.empty(), false)), URI_OF_FILE + "@v2")) {
      assertThat(tag.path()).isEqualTo(main.path());
    }
    assertThat(hub.gets).hasValue(1);
  }

  @Test
  void resumesAfterACutConnection() {
    hub.spoil(Fault.CUT_IN_THE_MIDDLE, Fault.STATUS_503, Fault.CUT_IN_THE_MIDDLE);
    try (StoredModel model = open()) {
      assertThat(model.path()).hasBinaryContent(hub.content());
    }
    assertThat(hub.offsets).hasSize(4);
    int first = hub.offsets.get(1);
    assertThat(first).isPositive().isLessThanOrEqualTo(BYTES / 2);
    assertThat(hub.offsets.get(2)).isEqualTo(first);
    assertThat(hub.offsets.get(3))
        .isGreaterThan(first)
        .isLessThanOrEqualTo(first + (BYTES - first) / 2);
  }

  @Test
  void resumesAfterAStalledConnection() {
    hub.spoil(Fault.STALL);
    HubSettings impatient =
        new HubSettings(
            hub.endpoint(),
            Optional.empty(),
            Duration.ofSeconds(1),
            ATTEMPTS,
            Duration.ofMillis(1),
            Proxies.NONE);
    try (StoredModel model =
        open(
            new ModelStore(
                new StoreSettings(dir.resolve("c"), 1L << 30, List.of(), false, impatient)))) {
      assertThat(model.path()).hasBinaryContent(hub.content());
    }
    assertThat(hub.offsets).startsWith(0, BYTES / 2);
  }

  @Test
  void restartsIfTheServerIgnoresRanges() {
    hub.spoil(Fault.CUT_IN_THE_MIDDLE, Fault.RANGE_IGNORED);
    try (StoredModel model = open()) {
      assertThat(model.path()).hasBinaryContent(hub.content());
    }
    assertThat(hub.offsets).hasSize(2);
    assertThat(hub.offsets.get(1)).isPositive();
  }

  @Test
  void nextDownloadResumesAFailedOne() {
    hub.spoil(
        Fault.CUT_IN_THE_MIDDLE,
        Fault.STATUS_503,
        Fault.STATUS_503,
        Fault.STATUS_503,
        Fault.STATUS_503);
    assertThatThrownBy(this::open)
        .isInstanceOf(EmbarkException.class)
        .hasMessageContaining(URI_OF_FILE)
        .hasMessageContaining("HTTP 503; gave up after 4 attempts");
    try (StoredModel model = open()) {
      assertThat(model.path()).hasBinaryContent(hub.content());
    }
    assertThat(hub.offsets.get(hub.offsets.size() - 1)).isPositive();
  }

  @Test
  void givesUpOnAServerThatKeepsEndingEarly() {
    hub.spoil(
        Fault.ENDS_EARLY_AND_SAYS_SO,
        Fault.STATUS_503,
        Fault.STATUS_503,
        Fault.STATUS_503,
        Fault.STATUS_503);
    assertThatThrownBy(this::open).hasMessageContaining("gave up after 4 attempts");
    assertThat(copies()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "WEB_PAGE, the server answered with a web page instead of a model",
    "WEB_PAGE_CALLED_DATA, what the server sent is not a GGUF file",
    "STATUS_401, 'where the Hub keeps the file, refuses it (HTTP 401); try again'",
    "STATUS_404, 'there is no such file, repository or revision'"
  })
  void permanentFailuresAreNotRetried(Fault fault, String sentence) {
    hub.spoil(fault);
    assertThatThrownBy(this::open)
        .isInstanceOf(EmbarkException.class)
        .hasMessageContaining(URI_OF_FILE)
        .hasMessageContaining(sentence);
    assertThat(hub.gets).hasValue(1);
    assertThat(copies()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403})
  void refusalNamesARemedyAndHidesTheToken(int status) {
    hub.refuse(status);
    assertThatThrownBy(() -> open(store(settings(Optional.of("hf_secret"), false))))
        .hasMessageContaining("HTTP " + status)
        .hasMessageContaining("HF_TOKEN")
        .satisfies(e -> assertThat(e).hasStackTraceContaining("HubClient"))
        .satisfies(e -> assertThat(e.toString()).doesNotContain("hf_secret"));
    assertThat(hub.heads).hasValue(1);
    assertThat(settings(Optional.of("hf_secret"), false).toString()).doesNotContain("hf_secret");
  }

  @Test
  void tokenIsSentToTheHubButNotToItsStorage() {
    open(store(settings(Optional.of("hf_secret"), false))).close();
    assertThat(hub.tokensAtHub).isNotEmpty().containsOnly("Bearer hf_secret");
    assertThat(hub.gets).hasValue(1);
    assertThat(hub.tokensAtStorage).isEmpty();
  }

  @Test
  void theDriverFetchesForItsExecutorsWhatNeedsItsToken() {
    assertThat(
            store(settings(Optional.of("hf_secret"), false))
                .isFetchedByDriver(URI_OF_FILE, places()))
        .isTrue();
    assertThat(store(settings(Optional.empty(), false)).isFetchedByDriver(URI_OF_FILE, places()))
        .isFalse();
  }

  @Test
  void aStorageThatIsNotReachedIsNamed() {
    hub.endStorage();
    assertThatThrownBy(this::open)
        .hasMessageContaining(
            "127.0.0.1 cannot be reached; the Hub keeps the file there, so this machine needs that"
                + " host, too");
  }

  @Test
  void aServerThatWasNotReachedIsNotAskedAgainAtOnce() throws IOException {
    HubSettings settings = settings(Optional.empty(), false).hub();
    int port = settings.endpoint().getPort();
    hub.close();
    AtomicLong clock = new AtomicLong();
    ServedModels served =
        new ServedModels(
            new StoreSettings(dir.resolve("c"), 1L << 30, List.of(), false, settings), clock::get);
    ModelCache cache = new ModelCache(dir.resolve("c"), 1L << 30);
    assertThatThrownBy(() -> served.open(URI_OF_FILE, Optional.empty(), cache))
        .hasMessageContaining("127.0.0.1 cannot be reached");
    HttpServer back =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    back.start();
    try {
      clock.set(Duration.ofSeconds(9).toNanos());
      assertThatThrownBy(() -> served.open("hf:org/repo", Optional.empty(), cache))
          .hasMessageContaining("127.0.0.1 cannot be reached");
      clock.set(Duration.ofSeconds(11).toNanos());
      assertThatThrownBy(() -> served.open(URI_OF_FILE, Optional.empty(), cache))
          .hasMessageContaining("there is no such file");
    } finally {
      back.stop(0);
    }
  }

  @Test
  void missingFileIsNamed() {
    assertThatThrownBy(() -> open(store(settings(Optional.empty(), false)), "hf:org/other/m.gguf"))
        .hasMessageContaining("hf:org/other/m.gguf")
        .hasMessageContaining("there is no such file, repository or revision");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hf:m.gguf", "hf:org/", "hf:org/../m.gguf", "hf:org/repo/m@a@b"})
  void malformedNameIsRefusedWithTheExpectedForm(String uri) {
    assertThatThrownBy(() -> open(store(settings(Optional.empty(), false)), uri))
        .hasMessageContaining(uri)
        .hasMessageContaining("hf:org/repo/file.gguf");
    assertThat(hub.heads).hasValue(0);
  }

  @Test
  void hashMismatchIsRefusedWithBothHashesAndNotKept() {
    hub.spoil(Fault.ANOTHER_CONTENT);
    byte[] other = hub.content();
    other[other.length - 1] ^= 1;
    assertThatThrownBy(this::open)
        .hasMessageContaining(hub.sha256())
        .hasMessageContaining(HubServer.sha256(other));
    assertThat(copies()).isZero();
    open().close(); // no remainder of the wrong content prevents the right one
  }

  @Test
  void hashThatTheHubLacksIsRefusedBeforeTheDownload() {
    String asked = "0".repeat(64);
    assertThatThrownBy(
            () ->
                store(settings(Optional.empty(), false))
                    .open(URI_OF_FILE, Optional.of(asked), places()))
        .hasMessageContaining(asked)
        .hasMessageContaining(hub.sha256());
    assertThat(hub.gets).hasValue(0);
  }

  @Test
  void offlineUsesTheCopyOrFails() {
    ModelStore offline = store(settings(Optional.empty(), true));
    assertThatThrownBy(() -> open(offline))
        .hasMessageContaining("has no copy of it")
        .hasMessageContaining("spark.embark.offline or HF_HUB_OFFLINE is set");
    open().close();
    int heads = hub.heads.get();
    try (StoredModel copy = open(offline)) {
      assertThat(copy.path()).hasBinaryContent(hub.content());
    }
    assertThat(hub.heads).hasValue(heads);
  }

  @Test
  void fallsBackToTheCopyIfTheHubDoesNotAnswer() {
    open().close();
    hub.refuse(503);
    try (StoredModel copy = open()) {
      assertThat(copy.path()).hasBinaryContent(hub.content());
    }
  }

  @Test
  void hashNeedsNoDownloadAndIsStable() {
    ModelStore store = store(settings(Optional.empty(), false));
    assertThat(store.sha256(URI_OF_FILE, places())).isEqualTo(hub.sha256());
    hub.lieAboutHash("1".repeat(64));
    assertThat(store.sha256(URI_OF_FILE, places())).isEqualTo(hub.sha256());
    assertThat(hub.gets).hasValue(0);
  }

  @Test
  void readsEndpointTokenAndOfflineModeFromTheEnvironment() {
    StoreSettings settings =
        StoreSettings.of(
            dir,
            1,
            List.of(),
            false,
            Map.of("HF_ENDPOINT", "https://mirror/", "HF_TOKEN", " t ", "HF_HUB_OFFLINE", "1"));
    assertThat(settings.hub().endpoint()).isEqualTo(URI.create("https://mirror"));
    assertThat(settings.hub().token()).contains("t");
    assertThat(settings.offline()).isTrue();
    StoreSettings none = StoreSettings.of(dir, 1, List.of(), false, Map.of());
    assertThat(none.hub().endpoint()).isEqualTo(URI.create("https://huggingface.co"));
    assertThat(none.hub().token()).isEmpty();
    assertThat(none.offline()).isFalse();
  }

  private StoredModel open() {
    return open(store(settings(Optional.empty(), false)));
  }

  private static StoredModel open(ModelStore store) {
    return open(store, URI_OF_FILE);
  }

  private static StoredModel open(ModelStore store, String uri) {
    return store.open(uri, Optional.empty(), places());
  }

  private static ModelStore store(StoreSettings settings) {
    return new ModelStore(settings);
  }

  private static ModelPlaces places() {
    return new ModelPlaces(name -> Optional.empty(), new Configuration(false));
  }

  private StoreSettings settings(Optional<String> token, boolean offline) {
    return new StoreSettings(
        dir.resolve("c"),
        1L << 30,
        List.of(),
        offline,
        new HubSettings(
            hub.endpoint(),
            token,
            Duration.ofMinutes(1),
            ATTEMPTS,
            Duration.ofMillis(1),
            Proxies.NONE));
  }

  private long copies() {
    try (var files = Files.list(dir.resolve("c"))) {
      return files.filter(f -> f.toString().endsWith(".gguf")).count();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
