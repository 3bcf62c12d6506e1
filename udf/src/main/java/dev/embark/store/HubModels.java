package dev.embark.store;

import dev.embark.engine.Sha256;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Models of the Hub: asked for there, found again in the cache when the Hub may not be asked, need
 * not be asked, or does not answer.
 */
final class HubModels {
  private static final Logger LOG = LoggerFactory.getLogger(HubModels.class);

  private final StoreSettings settings;

  HubModels(StoreSettings settings) {
    this.settings = settings;
  }

  /** Opens the cache, when it is needed. */
  interface Cache {
    ModelCache open() throws IOException;
  }

  /**
   * The copy of a file, which is not here by its hash.
   *
   * @param sha256 what it must hash to, if given; the caller compares
   */
  StoredModel open(HubName name, Optional<String> sha256, ModelCache cache) throws IOException {
    Optional<HubFile> file = ask(name, cache);
    if (file.isEmpty()) {
      return remembered(name, cache).orElseThrow(() -> noCopy());
    }
    Optional<String> told = file.get().sha256();
    if (sha256.isPresent() && told.isPresent() && !told.equals(sha256)) {
      throw new HashMismatch(told.get(), sha256.get());
    }
    StoredModel model = cache.open(file.get());
    cache.remember(name.toString(), told.orElse(Sha256.of(file.get().version())));
    return model;
  }

  /** What a file hashes to; copies it only where the Hub does not tell. */
  String sha256(HubName name, Cache cache) throws IOException {
    ModelCache copies = cache.open();
    Optional<String> told = ask(name, copies).flatMap(HubFile::sha256);
    if (told.isPresent()) {
      return told.get();
    }
    try (StoredModel model = open(name, Optional.empty(), copies)) {
      return model.sha256();
    }
  }

  /** The file as the Hub has it; empty when a copy has to serve. */
  private Optional<HubFile> ask(HubName name, ModelCache cache) throws IOException {
    if (settings.offline()) {
      return Optional.empty();
    }
    try {
      return Optional.of(new HubFile(name, settings.hub()));
    } catch (HubClient.Refused | FileNotFoundException e) {
      throw e;
    } catch (IOException e) {
      if (cache.remembered(name.toString()).isEmpty()) {
        throw e;
      }
      LOG.warn("{}: {}; the copy of last time serves", name, e.getMessage());
      return Optional.empty();
    }
  }

  private static Optional<StoredModel> remembered(HubName name, ModelCache cache)
      throws IOException {
    Optional<String> key = cache.remembered(name.toString());
    return key.isPresent() ? cache.find(key.get()) : Optional.empty();
  }

  private IOException noCopy() {
    return new IOException(
        settings.directory()
            + " has no copy of it, and the Hub is not asked"
            + (settings.offline() ? " (spark.embark.offline or HF_HUB_OFFLINE is set)" : ""));
  }
}
