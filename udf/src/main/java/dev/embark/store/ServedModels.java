package dev.embark.store;

import dev.embark.engine.model.Sha256;
import dev.embark.imports.ImportException;
import dev.embark.store.cache.ModelCache;
import dev.embark.store.cache.StoredModel;
import dev.embark.store.file.HashMismatch;
import dev.embark.store.file.RemoteFile;
import dev.embark.store.web.HubClient;
import dev.embark.store.web.HubFile;
import dev.embark.store.web.HubName;
import dev.embark.store.web.HubRepository;
import dev.embark.store.web.WebFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches models from the Hugging Face Hub and from web servers, and falls back to the cached copy
 * if Embark is offline or the server does not answer.
 */
final class ServedModels {
  private static final Logger LOG = LoggerFactory.getLogger(ServedModels.class);

  private final StoreSettings settings;

  ServedModels(StoreSettings settings) {
    this.settings = settings;
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

  /** The file that a URI names, or the folder to convert, as the server describes it. */
  RemoteFile file(String uri) throws IOException {
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
    if (settings.offline()) {
      return Optional.empty();
    }
    try {
      return Optional.of(file(uri, sha256));
    } catch (HubClient.Refused | ImportException | FileNotFoundException e) {
      throw e;
    } catch (IOException e) {
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
