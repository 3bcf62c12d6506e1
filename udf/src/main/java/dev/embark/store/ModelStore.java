package dev.embark.store;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.llama.WeightsCache;
import dev.embark.store.cache.CacheUnusable;
import dev.embark.store.cache.ModelCache;
import dev.embark.store.cache.StoredModel;
import dev.embark.store.file.FileHashes;
import dev.embark.store.file.HashMismatch;
import dev.embark.store.file.LocalFile;
import dev.embark.store.file.RemoteFile;
import dev.embark.store.web.HubName;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets a model onto this machine as a local file that can be mapped, and knows its hash.
 *
 * <p>A file is copied once per node, a local one as well: whoever overwrites a mapped file ends the
 * process that maps it, and nobody else writes to the cache. Files below {@link
 * StoreSettings#inPlace} are used where they are. Safe for any thread; a model that is slow to come
 * keeps only those waiting that want the same.
 */
public final class ModelStore {
  private static final Logger LOG = LoggerFactory.getLogger(ModelStore.class);

  private final StoreSettings settings;
  private final ServedModels served;
  private final Map<String, String> hubHashes = new ConcurrentHashMap<>(); // by URI

  /** Reads and writes nothing yet. */
  public ModelStore(StoreSettings settings) {
    this.settings = settings;
    this.served = new ServedModels(settings);
  }

  /**
   * Gets a model.
   *
   * @param uri one of those that {@link ModelPlaces} knows, the Hub's, or {@code http(s):}
   * @param sha256 what the file must hash to, if given
   * @throws EmbarkException of kind MODEL when it is not there, hashes to something else, or there
   *     is no room for it
   */
  public StoredModel open(String uri, Optional<String> sha256, ModelPlaces places) {
    try {
      return checked(find(uri, sha256, places), sha256);
    } catch (IOException | IllegalArgumentException e) {
      throw notFetched(uri, e);
    }
  }

  /**
   * What a model hashes to. Gets the model only where its place does not know the hash. Asked
   * again, a revision of the Hub that moves gives the hash of the first time, and a web server is
   * asked anew.
   *
   * @throws EmbarkException as {@link #open}
   */
  public String sha256(String uri, ModelPlaces places) {
    try {
      if (uri.startsWith(HubName.SCHEME)) {
        String known = hubHashes.get(uri);
        if (known == null) {
          known = served.sha256(uri, this::cache);
          hubHashes.put(uri, known);
        }
        return known;
      }
      if (ServedModels.isServed(uri)) {
        return served.sha256(uri, this::cache);
      }
      Optional<String> known = places.file(uri).sha256();
      if (known.isPresent()) {
        return known.get();
      }
    } catch (IOException | IllegalArgumentException e) {
      throw notFetched(uri, e);
    }
    try (StoredModel model = open(uri, Optional.empty(), places)) {
      return model.sha256();
    }
  }

  /**
   * Where weights of a model are kept as the accelerator packs them: next to the copies of models.
   * Where that cannot be, the log says why.
   */
  public WeightsCache weights(StoredModel model) {
    return (name, packing) -> {
      try {
        // Packed weights are never wider than the file's.
        long atMost = Files.size(model.path());
        return Optional.of(
            new KeptWeights(
                cache()
                    .weights(
                        model.sha256() + "-" + name, atMost, file -> pack(model, packing, file))));
      } catch (IOException e) {
        if (e instanceof InterruptedIOException || Thread.currentThread().isInterrupted()) {
          throw new EmbarkException(
              Kind.CANCELLED, "The task was interrupted while weights were packed.", e);
        }
        LOG.warn(
            "Each process has weights of {} in memory of its own: {}", model.path(), reason(e));
        return Optional.empty();
      }
    };
  }

  private static void pack(StoredModel model, WeightsCache.Packing packing, Path file)
      throws IOException {
    packing.writeTo(file);
    // A file used in place may change after all; its weights would be taken for another's.
    if (!FileHashes.of(model.path()).equals(model.sha256())) {
      throw new IOException("it changed while they were packed");
    }
  }

  private StoredModel find(String uri, Optional<String> sha256, ModelPlaces places)
      throws IOException {
    boolean isServed = ServedModels.isServed(uri);
    Optional<Path> local = isServed ? Optional.empty() : places.local(uri);
    if (local.isPresent() && settings.isInPlace(local.get())) {
      LocalFile.check(local.get());
      return new InPlace(local.get(), FileHashes.of(local.get()));
    }
    try {
      ModelCache cache = cache();
      if (sha256.isPresent()) {
        Optional<StoredModel> copy = cache.find(sha256.get());
        if (copy.isPresent() && copy.get().sha256().equals(sha256.get())) {
          return copy.get(); // the hash says it all; its place need not be asked
        }
        copy.ifPresent(StoredModel::close); // of a version whose content is another by now
      }
      return isServed ? served.open(uri, sha256, cache) : copied(places.file(uri), sha256, cache);
    } catch (CacheUnusable e) {
      throw local.isEmpty()
          ? e
          : new CacheUnusable(
              e.getMessage()
                  + ", or name the model's directory in spark.embark.inPlace if nobody overwrites"
                  + " its files",
              e);
    }
  }

  private static StoredModel copied(RemoteFile file, Optional<String> sha256, ModelCache cache)
      throws IOException {
    HashMismatch.check(file.sha256(), sha256);
    return cache.open(file);
  }

  private static StoredModel checked(StoredModel model, Optional<String> sha256)
      throws HashMismatch {
    try {
      HashMismatch.check(Optional.of(model.sha256()), sha256);
      return model;
    } catch (HashMismatch e) {
      model.close();
      throw e;
    }
  }

  private ModelCache cache() throws IOException {
    return new ModelCache(settings.directory(), settings.maxBytes());
  }

  private static EmbarkException notFetched(String uri, Exception e) {
    return new EmbarkException(
        Kind.MODEL, "The model " + uri + " cannot be fetched: " + reason(e) + ".", e);
  }

  private static String reason(Exception e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private record KeptWeights(StoredModel copy) implements WeightsCache.Weights {
    @Override
    public Path path() {
      return copy.path();
    }

    @Override
    public void close() {
      copy.close();
    }
  }

  /** A file that is not Embark's to remove. */
  private record InPlace(Path path, String sha256) implements StoredModel {
    @Override
    public void close() {
      // Nothing is held.
    }
  }
}
