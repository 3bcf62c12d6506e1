package dev.embark.store;

import dev.embark.engine.EmbeddingException;
import dev.embark.engine.EmbeddingException.Kind;
import dev.embark.engine.WeightsCache;
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
 * <p>Local files are used where they are; all others are copied once per node. Safe for any thread;
 * a model that is slow to come keeps only those waiting that want the same.
 */
public final class ModelStore {
  private static final Logger LOG = LoggerFactory.getLogger(ModelStore.class);

  private final StoreSettings settings;
  private final HubModels hub;
  private final Map<String, String> hubHashes = new ConcurrentHashMap<>(); // by URI

  /** Reads and writes nothing yet. */
  public ModelStore(StoreSettings settings) {
    this.settings = settings;
    this.hub = new HubModels(settings);
  }

  /**
   * Gets a model.
   *
   * @param uri one of those that {@link ModelPlaces} knows, or the Hub's
   * @param sha256 what the file must hash to, if given
   * @throws EmbeddingException of kind MODEL when it is not there, hashes to something else, or
   *     there is no room for it
   */
  public StoredModel open(String uri, Optional<String> sha256, ModelPlaces places) {
    try {
      return checked(find(uri, sha256, places), sha256);
    } catch (IOException | IllegalArgumentException e) {
      throw notFetched(uri, e);
    }
  }

  /**
   * What a model hashes to. Gets the model only where its place does not tell; asked again, a
   * revision of the Hub that moves gives the hash of the first time.
   *
   * @throws EmbeddingException as {@link #open}
   */
  public String sha256(String uri, ModelPlaces places) {
    try {
      if (uri.startsWith(HubName.SCHEME)) {
        String known = hubHashes.get(uri);
        if (known == null) {
          known = hub.sha256(HubName.parse(uri), this::cache);
          hubHashes.put(uri, known);
        }
        return known;
      }
      if (places.local(uri).isEmpty()) {
        Optional<String> told = places.remote(uri).sha256();
        if (told.isPresent()) {
          return told.get();
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      throw notFetched(uri, e);
    }
    try (StoredModel model = open(uri, Optional.empty(), places)) {
      return model.sha256();
    }
  }

  /**
   * Where weights of a model are kept as the accelerator packs them: beside the copies of models.
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
          throw new EmbeddingException(
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
    // A file used in place may be written to; what is kept would be taken for another's weights.
    if (!FileHashes.of(model.path()).equals(model.sha256())) {
      throw new IOException("it changed while they were packed");
    }
  }

  private StoredModel find(String uri, Optional<String> sha256, ModelPlaces places)
      throws IOException {
    if (uri.startsWith(HubName.SCHEME)) {
      return hub.open(HubName.parse(uri), sha256, cache());
    }
    Optional<Path> local = places.local(uri);
    return local.isPresent() ? inPlace(local.get()) : cache().open(places.remote(uri));
  }

  private static StoredModel checked(StoredModel model, Optional<String> sha256)
      throws HashMismatch {
    if (sha256.isPresent() && !sha256.get().equals(model.sha256())) {
      model.close();
      throw new HashMismatch(model.sha256(), sha256.get());
    }
    return model;
  }

  private static StoredModel inPlace(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException("it is a directory; name the .gguf file in it");
    }
    if (!Files.isRegularFile(file)) {
      throw new IOException("there is no such model file");
    }
    return new InPlace(file, FileHashes.of(file));
  }

  private ModelCache cache() throws IOException {
    return new ModelCache(settings.directory(), settings.maxBytes());
  }

  private static EmbeddingException notFetched(String uri, Exception e) {
    return new EmbeddingException(
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
