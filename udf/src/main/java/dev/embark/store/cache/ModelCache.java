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
 * One verified copy of each remote model per node, and of weights packed for the accelerator,
 * shared by all processes of the user.
 *
 * <pre>
 *  KEY.gguf, KEY.weights  the copy of a model, packed weights; appear whole or not at all
 *  KEY.*.sha256           its hash, size and time, written before it appears
 *  KEY.*.part             what has come so far of one that is being fetched or packed
 *  KEY.lock               shared while the copy is used, exclusive while it is made or removed; the
 *                         time of its last use
 *  HASH.ref               the KEY that a URI led to last, for when its server cannot be asked, or
 *                         that a content has whose hash was not known beforehand
 * </pre>
 *
 * <p>KEY is the content's hash where that is known beforehand, and else the hash of what stands for
 * it; for packed weights, the model's hash and the way of packing. A copy whose size and time are
 * as recorded is taken to be as it was: the directory is the user's alone. Where they differ it is
 * hashed again, and made anew if the hash is another.
 */
public final class ModelCache {
  private static final String CONTENT = "sha256:";

  private final Path directory;
  private final long maxBytes;

  public ModelCache(Path directory, long maxBytes) throws IOException {
    this.directory = CacheDirectory.prepare(directory);
    this.maxBytes = maxBytes;
  }

  /** The copy of a file, fetched if it is not here. */
  public StoredModel open(RemoteFile remote) throws IOException {
    Optional<String> expected = remote.sha256();
    String version = remote.version();
    return open(model(expected.orElseGet(() -> Sha256.of(version))), files -> fetch(remote, files));
  }

  /** The copy of a content or version that was here before, if it still is. */
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
   * Weights of a model that are packed in some way, which is done first if they are not here.
   *
   * @param atMost bytes that they may have
   */
  public StoredModel weights(String key, long atMost, WeightsCache.Packing packing)
      throws IOException {
    return open(
        new CacheFiles(directory, key, CacheFiles.Kind.WEIGHTS),
        files -> {
          space().makeRoom(OptionalLong.of(atMost));
          packing.writeTo(files.partial());
          keep(files, Sha256.of(files.partial()));
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

  /** A copy that was here a moment ago, or is damaged. */
  private static final class Gone extends IOException {
    private static final long serialVersionUID = 1L;
  }

  /** Remembers what a URI led to. */
  public void remember(String uri, String sha256OrVersion) throws IOException {
    Path partial = Files.createTempFile(directory, "ref", ".part");
    Files.writeString(partial, sha256OrVersion);
    Files.move(partial, reference(uri), StandardCopyOption.ATOMIC_MOVE);
  }

  /** What a URI led to the last time. */
  public Optional<String> remembered(String uri) throws IOException {
    return Files.exists(reference(uri))
        ? Optional.of(Files.readString(reference(uri)))
        : Optional.empty();
  }

  /** Makes what is not here. */
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
    keep(files, found);
    if (!files.key().equals(found)) {
      remember(CONTENT + found, files.key()); // so that who knows the hash need not ask its place
    }
  }

  /** Makes what has come the copy. */
  private void keep(CacheFiles files, String sha256) throws IOException {
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

  /** A copy that somebody uses. */
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
