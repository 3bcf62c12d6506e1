package dev.embark.store.cache;

import dev.embark.engine.model.Sha256;
import dev.embark.llama.WeightsCache;
import dev.embark.store.file.FileStamp;
import dev.embark.store.file.HashMismatch;
import dev.embark.store.file.RemoteFile;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Cache with one verified copy per node of each model and of its packed weights, shared by all
 * processes of the user.
 *
 * <pre>
 *  KEY.gguf, KEY.weights  the copy of a model, packed weights; appear atomically
 *  KEY.*.sha256           its hash, size and time, written before it appears
 *  KEY.*.part             the partial copy that is being fetched or packed
 *  KEY.lock               shared while the copy is used, exclusive while it is written or removed; its
 *                         modification time is the time of last use
 *  HASH.ref               the last KEY of a URI, used if its server cannot be reached, or of a content
 *                         whose hash was not known beforehand
 * </pre>
 *
 * <p>KEY is the SHA-256 of the content if known beforehand, else the SHA-256 of its version; for
 * packed weights, it is the model's SHA-256 and the packing. A copy with the recorded size and time
 * is trusted, since only the user can write to the directory. Otherwise the copy is hashed again,
 * and fetched again if the hash differs.
 */
public final class ModelCache {
  private static final String CONTENT = "sha256:";

  private final Path directory;
  private final long maxBytes;

  public ModelCache(Path directory, long maxBytes) throws IOException {
    this.directory = CacheDirectory.prepare(directory);
    this.maxBytes = maxBytes;
  }

  /** Opens the copy of a file, fetching it if necessary. */
  public StoredModel open(RemoteFile remote) throws IOException {
    Optional<String> expected = remote.sha256();
    String version = remote.version();
    return open(model(expected.orElseGet(() -> Sha256.of(version))), files -> fetch(remote, files));
  }

  /** Opens the existing copy of a content or version; empty if there is none. */
  public Optional<StoredModel> find(String sha256OrVersion) throws IOException {
    String key =
        Files.exists(model(sha256OrVersion).copy())
            ? sha256OrVersion
            : remembered(CONTENT + sha256OrVersion).orElse(sha256OrVersion);
    if (!Files.exists(model(key).copy())) {
      return Optional.empty();
    }
    try {
      return Optional.of(open(model(key), ModelCache::gone));
    } catch (Gone e) {
      return Optional.empty();
    }
  }

  /**
   * Opens the packed weights of a model, packing them first if necessary.
   *
   * @param atMost upper bound on their size in bytes
   */
  public StoredModel weights(String key, long atMost, WeightsCache.Packing packing)
      throws IOException {
    return open(
        new CacheFiles(directory, key, CacheFiles.Kind.WEIGHTS),
        files -> {
          space().makeRoom(OptionalLong.of(atMost));
          packing.writeTo(files.partial());
          publish(files, Sha256.of(files.partial()));
        });
  }

  private CacheSpace space() {
    return new CacheSpace(directory, maxBytes);
  }

  private CacheFiles model(String key) {
    return new CacheFiles(directory, key, CacheFiles.Kind.GGUF);
  }

  private static void gone(CacheFiles files) throws IOException {
    throw new Gone();
  }

  /** Thrown if a copy has just been removed or is damaged. */
  private static final class Gone extends IOException {
    private static final long serialVersionUID = 1L;
  }

  /** Records the content or version of a URI. */
  public void remember(String uri, String sha256OrVersion) throws IOException {
    Path partial = Files.createTempFile(directory, "ref", ".part");
    Files.writeString(partial, sha256OrVersion);
    Files.move(partial, reference(uri), StandardCopyOption.ATOMIC_MOVE);
  }

  /** The last recorded content or version of a URI. */
  public Optional<String> remembered(String uri) throws IOException {
    return Files.exists(reference(uri))
        ? Optional.of(Files.readString(reference(uri)))
        : Optional.empty();
  }

  /** Creates a missing copy. */
  private interface Make {
    void run(CacheFiles files) throws IOException;
  }

  private static StoredModel open(CacheFiles files, Make make) throws IOException {
    CacheEntry entry = CacheEntry.of(files.lock());
    entry.use(() -> isGood(files), () -> repairOrMake(files, make));
    try {
      Recorded recorded = Recorded.read(files.record()).orElseThrow();
      return new InUse(files.copy(), recorded.sha256(), entry);
    } catch (IOException | RuntimeException e) {
      entry.release();
      throw e;
    }
  }

  private static boolean isGood(CacheFiles files) throws IOException {
    return Files.exists(files.copy())
        && Recorded.read(files.record()).map(Recorded::stamp).equals(stamp(files.copy()));
  }

  private static Optional<FileStamp> stamp(Path file) throws IOException {
    return Optional.of(FileStamp.of(file));
  }

  private static void repairOrMake(CacheFiles files, Make make) throws IOException {
    Optional<Recorded> recorded = Recorded.read(files.record());
    if (recorded.isPresent() && Files.exists(files.copy())) {
      if (Sha256.of(files.copy()).equals(recorded.get().sha256())) {
        record(files, recorded.get().sha256(), files.copy());
        return;
      }
      Files.delete(files.copy());
    }
    make.run(files);
  }

  private void fetch(RemoteFile remote, CacheFiles files) throws IOException {
    space().makeRoom(remote.size());
    Path partial = files.partial();
    remote.copyTo(partial);
    String found = Sha256.of(partial);
    try {
      HashMismatch.check(Optional.of(found), remote.sha256());
    } catch (HashMismatch e) {
      Files.delete(partial);
      throw e;
    }
    publish(files, found);
    if (!files.key().equals(found)) {
      // A caller that knows the hash then finds the copy without contacting the source.
      remember(CONTENT + found, files.key());
    }
  }

  /** Records the hash and renames the partial copy to the final one. */
  private void publish(CacheFiles files, String sha256) throws IOException {
    record(files, sha256, files.partial());
    try {
      Files.move(files.partial(), files.copy(), StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException(directory + " cannot rename files atomically", e);
    }
  }

  private static void record(CacheFiles files, String sha256, Path file) throws IOException {
    new Recorded(sha256, FileStamp.of(file)).write(files.record());
  }

  private Path reference(String uri) {
    return directory.resolve(Sha256.of(uri) + ".ref");
  }

  /** A copy in use. */
  private record InUse(Path path, String sha256, CacheEntry entry, AtomicBoolean open)
      implements StoredModel {
    InUse(Path path, String sha256, CacheEntry entry) {
      this(path, sha256, entry, new AtomicBoolean(true));
    }

    @Override
    public void close() {
      if (open.compareAndSet(true, false)) {
        entry.release();
      }
    }
  }
}
