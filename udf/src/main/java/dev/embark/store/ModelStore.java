package dev.embark.store;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.imports.ImportException;
import dev.embark.imports.ImportType;
import dev.embark.llama.WeightsCache;
import dev.embark.store.cache.CacheUnusable;
import dev.embark.store.cache.ModelCache;
import dev.embark.store.cache.StoredModel;
import dev.embark.store.file.FileHashes;
import dev.embark.store.file.HashMismatch;
import dev.embark.store.file.LocalFile;
import dev.embark.store.file.LocalFolder;
import dev.embark.store.file.RemoteFile;
import dev.embark.store.file.SourceFolder;
import dev.embark.store.web.HubName;
import dev.embark.store.web.WebFile;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches models to this machine as local files that can be mapped into memory, and knows their
 * SHA-256.
 *
 * <p>Each file, even a local one, is copied once per node, because overwriting a mapped file ends
 * the process that maps it, and only Embark writes to the cache. Files in the directories of {@link
 * StoreSettings#inPlace} are used in place. Safe for any thread; a slow transfer blocks only
 * callers of the same model.
 */
public final class ModelStore {
  private static final Logger LOG = LoggerFactory.getLogger(ModelStore.class);

  private final StoreSettings settings;
  private final ServedModels served;
  private final Map<String, String> hubHashes = new ConcurrentHashMap<>(); // by URI

  /** Performs no I/O. */
  public ModelStore(StoreSettings settings) {
    this.settings = settings;
    this.served = new ServedModels(settings);
  }

  /**
   * Opens a model, fetching it if necessary.
   *
   * @param uri any URI of {@link ModelPlaces}, {@code hf:} or {@code http(s):}
   * @param sha256 the expected hash of the file, if known
   * @throws EmbarkException of kind MODEL if the model does not exist, has another hash, or does
   *     not fit into the cache
   */
  public StoredModel open(String uri, Optional<String> sha256, ModelPlaces places) {
    try {
      return checked(resolve(uri, sha256, places), sha256);
    } catch (IOException | IllegalArgumentException e) {
      throw FetchErrors.of(uri, e);
    }
  }

  /**
   * The SHA-256 of a model; fetches the model only if its source does not provide the hash. For a
   * moving revision of the Hub, the first answer is kept; a web server is asked each time.
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
      throw FetchErrors.of(uri, e);
    }
    try (StoredModel model = open(uri, Optional.empty(), places)) {
      return model.sha256();
    }
  }

  /**
   * Opens the copy of a model that another process of the application has converted or fetched.
   *
   * @param uri the model's URI, for messages
   * @param sha256 hash of the content
   * @param file brings the content if this node has no copy
   * @throws EmbarkException as {@link #open}
   */
  public StoredModel open(String uri, String sha256, RemoteFile file) {
    try {
      Optional<StoredModel> copy = cache().find(sha256);
      return checked(copy.isPresent() ? copy.get() : cache().open(file), Optional.of(sha256));
    } catch (IOException e) {
      throw FetchErrors.of(uri, e);
    }
  }

  /**
   * Whether a model is a folder, which is converted, or a repository of the Hub; false if this
   * machine cannot reach it.
   */
  private static boolean isFolder(String uri, ModelPlaces places) {
    try {
      return ServedModels.isServed(uri)
          ? ServedModels.isRepository(uri)
          : places.file(uri) instanceof ImportedFolder;
    } catch (IOException | IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * Whether the driver should fetch a model for its executors: a folder, which it converts, and a
   * model of the Hub that it reads with a token, which executors do not have.
   */
  public boolean isFetchedByDriver(String uri, ModelPlaces places) {
    return isFolder(uri, places)
        || (uri.startsWith(HubName.SCHEME) && settings.hub().token().isPresent());
  }

  /** Whether the failure of the driver to reach a model's server is that of every executor. */
  public boolean needsServer(String uri) {
    return WebFile.isWeb(uri) || (uri.startsWith(HubName.SCHEME) && !settings.offline());
  }

  /**
   * Converts a model folder to a file outside the cache.
   *
   * @param isReranker whether a decoder that does not say so is a reranker, as Qwen3-Reranker
   * @param target is created or overwritten; nothing is left there after a failure
   * @throws EmbarkException of kind MODEL if the model cannot be fetched or converted, or is no
   *     folder
   */
  public void importTo(
      String uri, ImportType type, boolean isReranker, Path target, ModelPlaces places) {
    Path partial = target.resolveSibling(target.getFileName() + ".part");
    try {
      RemoteFile file = ServedModels.isServed(uri) ? served.file(uri) : places.file(uri);
      if (!(file instanceof ImportedFolder folder)) {
        throw new ImportException("it is a GGUF file already; use it as it is");
      }
      try {
        folder.convert(type, isReranker, partial);
        Files.move(
            partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(partial);
        SourceFolder.deleteStaging(partial);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw FetchErrors.of(uri, e);
    }
  }

  /**
   * The local file that a model is, without fetching anything; empty for a model of another place
   * and for a model folder.
   *
   * @throws EmbarkException of kind MODEL if there is no such file, or the name cannot be that of a
   *     model
   */
  public static Optional<Path> local(String uri, ModelPlaces places) {
    try {
      if (ServedModels.isServed(uri)) {
        ServedModels.checkName(uri);
        return Optional.empty();
      }
      Optional<Path> file = places.local(uri);
      if (file.isPresent() && Files.isDirectory(file.get())) {
        new LocalFolder(file.get()).checkUnchanged();
        return Optional.empty();
      }
      if (file.isPresent()) {
        LocalFile.check(file.get());
      }
      return file;
    } catch (IOException | IllegalArgumentException e) {
      throw FetchErrors.of(uri, e);
    }
  }

  /**
   * The cache of a model's packed weights, which keeps them next to the copies of models. If the
   * cache directory cannot be used, weights are packed in memory and a warning is logged.
   */
  public WeightsCache weights(StoredModel model) {
    return (name, packing) -> {
      try {
        // Packed weights are never larger than the model file.
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
            "Each process packs the weights of {} in its own memory: {}",
            model.path(),
            FetchErrors.reason(e));
        return Optional.empty();
      }
    };
  }

  private static void pack(StoredModel model, WeightsCache.Packing packing, Path file)
      throws IOException {
    packing.writeTo(file);
    // A file used in place may change nevertheless; its weights would then be cached under the
    // wrong hash.
    if (!FileHashes.of(model.path()).equals(model.sha256())) {
      throw new IOException("it changed while they were packed");
    }
  }

  private StoredModel resolve(String uri, Optional<String> sha256, ModelPlaces places)
      throws IOException {
    boolean isServed = ServedModels.isServed(uri);
    Optional<Path> local = isServed ? Optional.empty() : places.local(uri);
    if (local.filter(path -> !Files.isDirectory(path)).isPresent()
        && settings.isInPlace(local.get())) {
      LocalFile.check(local.get());
      return new InPlace(local.get(), FileHashes.of(local.get()));
    }
    try {
      ModelCache cache = cache();
      if (sha256.isPresent()) {
        Optional<StoredModel> copy = cache.find(sha256.get());
        if (copy.isPresent() && copy.get().sha256().equals(sha256.get())) {
          return copy.get(); // the hash identifies the content, so its source is not contacted
        }
        copy.ifPresent(StoredModel::close); // found by version, but its content has changed
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

  /** A file outside the cache, which Embark never removes; holds no lock. */
  private record InPlace(Path path, String sha256) implements StoredModel {
    @Override
    public void close() {}
  }
}
