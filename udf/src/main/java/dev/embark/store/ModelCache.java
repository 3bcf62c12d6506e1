package dev.embark.store;

import dev.embark.engine.Sha256;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One verified copy of each remote model per node, shared by all processes of the user.
 *
 * <pre>
 *  KEY.gguf         the copy; appears whole or not at all
 *  KEY.gguf.sha256  its hash, size and time, written before it appears
 *  KEY.gguf.part    what has come so far of one that is being fetched
 *  KEY.lock         shared while the copy is used, exclusive while it is fetched or removed; the
 *                   time of its last use
 *  HASH.ref         the KEY that a URI led to last, for when the Hub cannot be asked
 * </pre>
 *
 * <p>KEY is the content's hash where that is known beforehand, and else the hash of what stands for
 * it. A copy whose size and time are as recorded is taken to be as it was: the directory is the
 * user's alone. Where they differ it is hashed again, and fetched anew if the hash is another.
 */
final class ModelCache {
  private final Path directory;
  private final long maxBytes;

  ModelCache(Path directory, long maxBytes) throws IOException {
    this.directory = CacheDirectory.prepare(directory);
    this.maxBytes = maxBytes;
  }

  /** The copy of a file, fetched if it is not here. */
  StoredModel open(RemoteFile remote) throws IOException {
    Optional<String> expected = remote.sha256();
    String version = remote.version();
    return open(expected.orElseGet(() -> Sha256.of(version)), key -> fetch(remote, key));
  }

  /** The copy of a content or version that was here before, if it still is. */
  Optional<StoredModel> find(String key) throws IOException {
    if (!Files.exists(copy(key))) {
      return Optional.empty();
    }
    try {
      return Optional.of(open(key, ModelCache::gone));
    } catch (Gone e) {
      return Optional.empty();
    }
  }

  private static void gone(String key) throws IOException {
    throw new Gone();
  }

  /** A copy that was here a moment ago, or is damaged. */
  private static final class Gone extends IOException {
    private static final long serialVersionUID = 1L;
  }

  /** Remembers what a URI led to. */
  void remember(String uri, String sha256OrVersion) throws IOException {
    Path partial = Files.createTempFile(directory, "ref", ".part");
    Files.writeString(partial, sha256OrVersion);
    Files.move(partial, reference(uri), StandardCopyOption.ATOMIC_MOVE);
  }

  /** What a URI led to the last time. */
  Optional<String> remembered(String uri) throws IOException {
    return Files.exists(reference(uri))
        ? Optional.of(Files.readString(reference(uri)))
        : Optional.empty();
  }

  /** Fetches what is not here. */
  private interface Fetch {
    void run(String key) throws IOException;
  }

  private StoredModel open(String key, Fetch fetch) throws IOException {
    CacheEntry entry = CacheEntry.of(directory.resolve(key + ".lock"));
    entry.use(() -> isGood(key), () -> repairOrFetch(key, fetch));
    try {
      Recorded recorded = Recorded.read(record(key)).orElseThrow();
      return new InUse(copy(key), recorded.sha256(), entry);
    } catch (IOException | RuntimeException e) {
      entry.release();
      throw e;
    }
  }

  private boolean isGood(String key) throws IOException {
    return Files.exists(copy(key))
        && Recorded.read(record(key)).map(Recorded::stamp).equals(stamp(copy(key)));
  }

  private static Optional<FileStamp> stamp(Path file) throws IOException {
    return Optional.of(FileStamp.of(file));
  }

  private void repairOrFetch(String key, Fetch fetch) throws IOException {
    Optional<Recorded> recorded = Recorded.read(record(key));
    if (recorded.isPresent() && Files.exists(copy(key))) {
      if (Sha256.of(copy(key)).equals(recorded.get().sha256())) {
        new Recorded(recorded.get().sha256(), FileStamp.of(copy(key))).write(record(key));
        return;
      }
      Files.delete(copy(key));
    }
    fetch.run(key);
  }

  private void fetch(RemoteFile remote, String key) throws IOException {
    CacheSpace space = new CacheSpace(directory, maxBytes);
    space.makeRoom(remote.size());
    Path partial = directory.resolve(key + ".gguf.part");
    remote.copyTo(partial);
    String found = Sha256.of(partial);
    Optional<String> expected = remote.sha256();
    if (expected.isPresent() && !expected.get().equals(found)) {
      Files.delete(partial);
      throw new HashMismatch(found, expected.get());
    }
    new Recorded(found, FileStamp.of(partial)).write(record(key));
    try {
      Files.move(partial, copy(key), StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException(directory + " cannot rename files atomically", e);
    }
  }

  private Path copy(String key) {
    return directory.resolve(key + ".gguf");
  }

  private Path record(String key) {
    return directory.resolve(key + ".gguf.sha256");
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
