package dev.embark.store.file;

import dev.embark.engine.Sha256;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Computes the SHA-256 of files, once per JVM as long as a file's identity is unchanged. Safe for
 * any thread; threads wait for each other only if they ask for the same file.
 */
public final class FileHashes {
  private static final ConcurrentMap<Key, FutureTask<String>> KNOWN = new ConcurrentHashMap<>();

  private FileHashes() {}

  private record Key(Path file, FileIdentity identity) {
    String hash() throws IOException {
      String hash = Sha256.of(file);
      if (!FileIdentity.of(file).equals(identity)) {
        throw new IOException("it changed while it was read; try again when it is whole");
      }
      return hash;
    }
  }

  public static String of(Path file) throws IOException {
    return of(file, FileIdentity.of(file));
  }

  /**
   * The hash of a file with a given identity.
   *
   * @throws IOException if the file cannot be read, or its identity changes meanwhile
   */
  public static String of(Path file, FileIdentity identity) throws IOException {
    Key key = new Key(file.toAbsolutePath(), identity);
    FutureTask<String> hash = KNOWN.computeIfAbsent(key, k -> new FutureTask<>(k::hash));
    hash.run(); // only the first thread runs it
    try {
      return hash.get();
    } catch (ExecutionException e) {
      KNOWN.remove(key, hash);
      throw new IOException(e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while " + file + " was hashed");
    }
  }
}
