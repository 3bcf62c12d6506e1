package dev.embark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.gguf.GgufHeader;
import dev.embark.imports.ImportType;
import dev.embark.imports.TinyFolder;
import dev.embark.store.cache.StoredModel;
import dev.embark.store.web.HubSettings;
import dev.embark.store.web.Proxies;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Model folders of local disks, Hadoop and a hub, converted once into the cache. */
class ModelFolderTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  @TempDir private Path dir;
  private TinyFolder folder;

  // A hub that serves the folder as org/tiny.
  private HttpServer hub;
  private final AtomicInteger downloads = new AtomicInteger();
  private volatile int status = 200;
  private volatile String lfs = "";

  @BeforeEach
  void start() throws IOException {
    folder = TinyFolder.bert(Files.createDirectory(dir.resolve("tiny")));
    hub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hub.createContext("/", this::answer);
    hub.start();
  }

  @AfterEach
  void stop() {
    hub.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String files = "/org/tiny/resolve/" + COMMIT + "/";
      if (path.matches("/api/models/org/tiny/revision/(main|v1)")) {
        send(exchange, status, description().getBytes(StandardCharsets.UTF_8));
      } else if (path.startsWith(files)) {
        downloads.incrementAndGet();
        exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
        send(
            exchange,
            200,
            Files.readAllBytes(folder.root().resolve(path.substring(files.length()))));
      } else {
        send(exchange, 404, new byte[0]);
      }
    }
  }

  private static void send(HttpExchange exchange, int code, byte[] body) throws IOException {
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
    if (head) {
      exchange.getResponseHeaders().set("Content-Length", "" + body.length);
    }
    exchange.sendResponseHeaders(code, head || body.length == 0 ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
  }

  private String description() throws IOException {
    try (Stream<Path> all = Files.walk(folder.root())) {
      String siblings =
          all.filter(Files::isRegularFile)
              .map(
                  file ->
                      sibling(folder.root().relativize(file).toString(), file.toFile().length()))
              .collect(Collectors.joining(","));
      return "{\"sha\":\"" + COMMIT + "\",\"siblings\":[" + siblings + "]}";
    }
  }

  private String sibling(String name, long size) {
    String hash = name.endsWith(".safetensors") ? lfs : "";
    return "{\"rfilename\":\"%s\",\"size\":%d%s}"
        .formatted(name, size, hash.isEmpty() ? "" : ",\"lfs\":{\"sha256\":\"" + hash + "\"}");
  }

  private ModelStore store(boolean offline) {
    HubSettings settings =
        new HubSettings(
            URI.create("http://127.0.0.1:" + hub.getAddress().getPort()),
            Optional.empty(),
            Duration.ofSeconds(5),
            2,
            Duration.ofMillis(1),
            Proxies.NONE);
    return new ModelStore(
        new StoreSettings(dir.resolve("cache"), 1L << 30, List.of(), offline, settings));
  }

  private static ModelPlaces places(Configuration hadoop) {
    return new ModelPlaces(name -> Optional.empty(), hadoop);
  }

  private StoredModel open(String uri) {
    return store(false).open(uri, Optional.empty(), places(new Configuration(false)));
  }

  private static void assertTiny(StoredModel model) throws IOException {
    GgufHeader header = GgufHeader.read(model.path());
    assertThat(header.get("general.name").orElseThrow().asString()).isEqualTo("tiny");
    assertThat(header.get("general.architecture").orElseThrow().asString()).isEqualTo("bert");
  }

  private List<String> cached() throws IOException {
    try (Stream<Path> files = Files.list(dir.resolve("cache"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".gguf") || name.contains(".part"))
          .toList();
    }
  }

  @Test
  void aLocalFolderIsConvertedOnceAndAgainAfterAChange() throws IOException {
    String first;
    try (StoredModel model = open(folder.root().toString())) {
      assertTiny(model);
      first = model.sha256();
    }
    try (StoredModel again = open(folder.root().toUri().toString())) {
      assertThat(again.sha256()).isEqualTo(first);
    }
    assertThat(cached()).hasSize(1);
    folder.file("README.md", "---\nlicense: apache-2.0\n---\n");
    try (StoredModel changed = open(folder.root().toString())) {
      assertThat(changed.sha256()).isNotEqualTo(first);
    }
    assertThat(store(true).sha256(folder.root().toString(), places(new Configuration(false))))
        .isNotEqualTo(first);
  }

  @Test
  void theHashPinsTheConversion() {
    assertThatThrownBy(
            () ->
                store(false)
                    .open(
                        folder.root().toString(),
                        Optional.of("0".repeat(64)),
                        places(new Configuration(false))))
        .hasMessageContaining("but " + "0".repeat(64) + " was asked for");
  }

  /** Local files under another scheme. */
  public static final class ShelfFileSystem extends RawLocalFileSystem {
    @Override
    public URI getUri() {
      return URI.create("shelf:///");
    }
  }

  @Test
  void aHadoopFolderIsCopiedConvertedAndItsCopyRemoved() throws IOException {
    Configuration hadoop = new Configuration(false);
    hadoop.set("fs.shelf.impl", ShelfFileSystem.class.getName());
    String uri = "shelf://" + folder.root();
    try (StoredModel model = store(false).open(uri, Optional.empty(), places(hadoop));
        StoredModel local = open(folder.root().toString())) {
      assertTiny(model);
      assertThat(model.sha256()).isEqualTo(local.sha256());
    }
    assertThat(store(false).isFetchedByDriver(uri, places(hadoop))).isTrue();
    assertThat(cached()).hasSize(2).noneMatch(name -> name.contains(".part"));
  }

  @Test
  void whatHadoopLacksMayBeANameOfTheHub() throws IOException {
    Configuration hadoop = new Configuration(false);
    hadoop.set("fs.shelf.impl", ShelfFileSystem.class.getName());
    hadoop.set("fs.defaultFS", "shelf:///");
    assertThatThrownBy(() -> store(false).open("org/none", Optional.empty(), places(hadoop)))
        .hasMessageContaining("does not exist; for the model of that name on the Hugging Face Hub")
        .hasMessageEndingWith("write hf:org/none.");
    String weights = "shelf://" + folder.root() + "/model.safetensors";
    assertThatThrownBy(() -> store(false).open(weights, Optional.empty(), places(hadoop)))
        .hasMessageContaining("it is one file of a model folder; name shelf:" + folder.root());
  }

  @Test
  void aRepositoryOfTheHubIsConvertedAndUsedOffline() throws IOException {
    String hash;
    try (StoredModel model = open("hf:org/tiny@v1");
        StoredModel local = open(folder.root().toString())) {
      assertTiny(model);
      hash = model.sha256();
      assertThat(hash).isEqualTo(local.sha256());
    }
    int fetched = downloads.get();
    assertThat(fetched).isGreaterThan(3);
    open("hf:org/tiny").close();
    assertThat(downloads).as("main is the same commit").hasValue(fetched);

    hub.stop(0);
    for (boolean offline : List.of(true, false)) {
      try (StoredModel copy =
          store(offline)
              .open("hf:org/tiny@v1", Optional.empty(), places(new Configuration(false)))) {
        assertThat(copy.sha256()).isEqualTo(hash);
      }
    }
  }

  @Test
  void onlyTheFilesThatAreNeededAreFetched() throws IOException {
    folder.file("onnx/model.onnx", "x").file("pytorch_model.bin", "x").file("x.gguf", "x");
    open("hf:org/tiny").close();
    assertThat(downloads).hasValue(9);
  }

  @Test
  void weightsThatAreNotThoseOfTheHubAreRefused() throws IOException {
    lfs = "0".repeat(64);
    assertThatThrownBy(() -> open("hf:org/tiny"))
        .hasMessageContaining("model.safetensors is not what the server announced");
    lfs = HubServer.sha256(Files.readAllBytes(folder.root().resolve("model.safetensors")));
    open("hf:org/tiny").close();
    assertThat(cached()).hasSize(1);
  }

  @Test
  void aRepositoryWithoutAFolderIsItsOnlyGguf() throws IOException {
    Path weights = folder.root().resolve("model.safetensors");
    Files.delete(weights);
    folder.file("q/m.gguf", "GGUF and more");
    try (StoredModel model = open("hf:org/tiny")) {
      assertThat(model.path()).hasContent("GGUF and more");
    }
    folder.file("n.gguf", "GGUF, too");
    assertThatThrownBy(() -> open("hf:org/tiny@v1"))
        .hasMessageContaining(
            "the repository has 2 GGUF files; name one of them, such as hf:org/tiny/n.gguf");
    folder.file("z-Q8_0.gguf", "GGUF").file("q/z-fp16.gguf", "GGUF").file("z-bf16.gguf", "GGUF");
    assertThatThrownBy(() -> open("hf:org/tiny@v1"))
        .hasMessageContaining("5 GGUF files; name one of them, such as hf:org/tiny/q/z-fp16.gguf");
  }

  @Test
  void whatCannotBeImportedIsRefusedAsSuch() throws IOException {
    Files.move(
        folder.root().resolve("model.safetensors"), folder.root().resolve("pytorch_model.bin"));
    for (String uri : List.of("hf:org/tiny", folder.root().toString())) {
      assertThatThrownBy(() -> open(uri))
          .isInstanceOf(EmbarkException.class)
          .satisfies(
              e ->
                  assertThat(((EmbarkException) e).condition())
                      .isEqualTo(Condition.MODEL_NOT_IMPORTED))
          .hasMessageStartingWith("The model " + uri + " cannot be imported: its weights are in")
          .hasMessageContaining("pytorch_model.bin, a Python pickle")
          .message()
          .satisfies(
              message ->
                  assertThat(message.contains("name its revision, hf:org/tiny@refs/pr/N"))
                      .isEqualTo(uri.startsWith("hf:")));
    }
    assertThat(downloads).hasValue(0);
  }

  @Test
  void aMissingRepositoryIsNamed() {
    assertThatThrownBy(() -> open("hf:org/none"))
        .hasMessageContaining("hf:org/none")
        .hasMessageContaining("there is no such file, repository or revision");
  }

  @Test
  void aFolderBecomesAFileToKeep() throws IOException {
    Path target = dir.resolve("kept.gguf");
    ModelPlaces places = places(new Configuration(false));
    store(false).importTo("hf:org/tiny", ImportType.F32, false, target, places);
    assertThat(GgufHeader.read(target).get("general.file_type").orElseThrow().asLong()).isZero();
    assertThat(dir.toFile().list()).containsExactlyInAnyOrder("tiny", "kept.gguf");

    assertThatThrownBy(
            () -> store(false).importTo(target.toString(), ImportType.F32, false, target, places))
        .hasMessageContaining("it is a GGUF file already");
    assertThatThrownBy(
            () -> store(false).importTo("hf:org/tiny", ImportType.F32, true, target, places))
        .hasMessageContaining("it is no reranker: it is not a Qwen3ForCausalLM");
  }
}
