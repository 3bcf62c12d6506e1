package dev.embark.store;

import dev.embark.engine.model.Sha256;
import dev.embark.imports.FolderFiles;
import dev.embark.imports.ImportException;
import dev.embark.store.cache.ModelCache;
import dev.embark.store.cache.StoredModel;
import dev.embark.store.file.HashMismatch;
import dev.embark.store.file.RemoteFile;
import dev.embark.store.web.HubClient;
import dev.embark.store.web.HubFile;
import dev.embark.store.web.HubName;
import dev.embark.store.web.HubRepository;
import dev.embark.store.web.Unreachable;
import dev.embark.store.web.WebFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches models from the Hugging Face Hub and from web servers, and falls back to the cached copy
 * if Embark is offline or the server does not answer.
 */
final class ServedModels {
  private static final Logger LOG = LoggerFactory.getLogger(ServedModels.class);

  // A query asks for its model several times: it must not wait for a dead server each time.
  private static final Duration UNREACHABLE_FOR = Duration.ofSeconds(10);

  private final StoreSettings settings;
  private final LongSupplier clock; // in nanoseconds
  private final Map<String, Failure> failures = new ConcurrentHashMap<>(); // by server

  /** A server that was not reached. */
  private record Failure(Unreachable cause, long at) {}

  ServedModels(StoreSettings settings) {
    this(settings, System::nanoTime);
  }

  /** With another clock, for tests. */
  ServedModels(StoreSettings settings, LongSupplier clock) {
    this.settings = settings;
    this.clock = clock;
  }

  /** Opens the cache lazily. */
  interface Cache {
    ModelCache open() throws IOException;
  }

  static boolean isServed(String uri) {
    return uri.startsWith(HubName.SCHEME) || WebFile.isWeb(uri);
  }

  /**
   * Opens the copy of a model that the cache could not find by its hash.
   *
   * @param sha256 the expected hash, if known; the caller verifies it
   */
  StoredModel open(String uri, Optional<String> sha256, ModelCache cache) throws IOException {
    Optional<RemoteFile> file = ask(uri, sha256, cache);
    return file.isPresent()
        ? open(uri, file.get(), sha256, cache)
        : remembered(name(uri), cache).orElseThrow(this::noCopy);
  }

  private static StoredModel open(
      String uri, RemoteFile file, Optional<String> sha256, ModelCache cache) throws IOException {
    Optional<String> known = file.sha256();
    HashMismatch.check(known, sha256);
    StoredModel model = cache.open(file);
    cache.remember(name(uri), known.orElse(Sha256.of(file.version())));
    return model;
  }

  /** The SHA-256 of a model; fetches the model only if the server does not provide the hash. */
  String sha256(String uri, Cache cache) throws IOException {
    ModelCache copies = cache.open();
    Optional<RemoteFile> file = ask(uri, Optional.empty(), copies);
    if (file.isPresent() && file.get().sha256().isPresent()) {
      return file.get().sha256().get();
    }
    try (StoredModel model =
        file.isPresent()
            ? open(uri, file.get(), Optional.empty(), copies)
            : remembered(name(uri), copies).orElseThrow(this::noCopy)) {
      return model.sha256();
    }
  }

  /** Whether a URI names a repository of the Hub and no file in it. */
  static boolean isRepository(String uri) {
    return !WebFile.isWeb(uri) && HubName.parse(uri).isRepository();
  }

  /**
   * Checks the form of a URI, and by its name that it is no file of another format.
   *
   * @throws ImportException that names what to write instead
   * @throws IllegalArgumentException if it is no name of the Hub
   */
  static void checkName(String uri) throws ImportException {
    if (WebFile.isWeb(uri)) {
      FolderFiles.checkIsGguf(uri.replaceFirst("[?#].*", ""), Optional.empty());
    } else {
      HubName name = HubName.parse(uri);
      FolderFiles.checkIsGguf(name.file(), Optional.of(name.whole().toString()));
    }
  }

  /** The file that a URI names, or the folder to convert, as the server describes it. */
  RemoteFile file(String uri) throws IOException {
    checkName(uri);
    return file(uri, Optional.empty());
  }

  private RemoteFile file(String uri, Optional<String> sha256) throws IOException {
    if (WebFile.isWeb(uri)) {
      return new WebFile(uri, sha256, settings.hub());
    }
    HubName name = HubName.parse(uri);
    if (!name.isRepository()) {
      return new HubFile(name, settings.hub());
    }
    HubRepository repository = new HubRepository(name, settings.hub());
    Optional<RemoteFile> gguf =
        repository.isModelFolder() ? Optional.empty() : repository.onlyGguf();
    if (gguf.isPresent()) {
      return gguf.get();
    }
    repository.check();
    return new ImportedFolder(repository);
  }

  /** Asks the server for the file's metadata; empty if the cached copy has to be used. */
  private Optional<RemoteFile> ask(String uri, Optional<String> sha256, ModelCache cache)
      throws IOException {
    checkName(uri);
    if (settings.offline()) {
      return Optional.empty();
    }
    String server = WebFile.isWeb(uri) ? URI.create(uri).getAuthority() : HubName.SCHEME;
    Failure last = failures.get(server);
    try {
      if (last != null && clock.getAsLong() - last.at() < UNREACHABLE_FOR.toNanos()) {
        throw last.cause();
      }
      return Optional.of(file(uri, sha256));
    } catch (HubClient.Refused | ImportException | FileNotFoundException e) {
      throw e;
    } catch (IOException e) {
      if (e instanceof Unreachable unreachable && (last == null || last.cause() != e)) {
        failures.put(server, new Failure(unreachable, clock.getAsLong()));
      }
      if (cache.remembered(name(uri)).isEmpty()) {
        throw e;
      }
      LOG.warn("{}: {}; using the cached copy", uri, e.getMessage());
      return Optional.empty();
    }
  }

  private static String name(String uri) {
    return WebFile.isWeb(uri) ? uri : HubName.parse(uri).toString();
  }

  private static Optional<StoredModel> remembered(String name, ModelCache cache)
      throws IOException {
    Optional<String> key = cache.remembered(name);
    return key.isPresent() ? cache.find(key.get()) : Optional.empty();
  }

  private IOException noCopy() {
    return new IOException(
        settings.directory()
            + " has no copy of it, and its server is not asked"
            + (settings.offline() ? " (spark.embark.offline or HF_HUB_OFFLINE is set)" : ""));
  }
}
