package dev.embark.store;

import dev.embark.engine.model.Sha256;
import dev.embark.store.cache.ModelCache;
import dev.embark.store.cache.StoredModel;
import dev.embark.store.file.HashMismatch;
import dev.embark.store.file.RemoteFile;
import dev.embark.store.web.HubClient;
import dev.embark.store.web.HubFile;
import dev.embark.store.web.HubName;
import dev.embark.store.web.WebFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Models of the Hub and of web servers: asked for there, found again in the cache when the server
 * may not be asked or does not answer.
 */
final class ServedModels {
  private static final Logger LOG = LoggerFactory.getLogger(ServedModels.class);

  private final StoreSettings settings;

  ServedModels(StoreSettings settings) {
    this.settings = settings;
  }

  /** Opens the cache, when it is needed. */
  interface Cache {
    ModelCache open() throws IOException;
  }

  static boolean isServed(String uri) {
    return uri.startsWith(HubName.SCHEME) || WebFile.isWeb(uri);
  }

  /**
   * The copy of a file, which is not here by its hash.
   *
   * @param sha256 what it must hash to, if given; the caller compares
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

  /** What a file hashes to; copies it only where the server gives no hash. */
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

  /** The file as the server has it; empty when a copy has to serve. */
  private Optional<RemoteFile> ask(String uri, Optional<String> sha256, ModelCache cache)
      throws IOException {
    if (settings.offline()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          WebFile.isWeb(uri)
              ? new WebFile(uri, sha256, settings.hub())
              : new HubFile(HubName.parse(uri), settings.hub()));
    } catch (HubClient.Refused | FileNotFoundException e) {
      throw e;
    } catch (IOException e) {
      if (cache.remembered(name(uri)).isEmpty()) {
        throw e;
      }
      LOG.warn("{}: {}; the copy of last time serves", uri, e.getMessage());
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
