package dev.embark.store.file;

import dev.embark.engine.model.Sha256;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;

/**
 * SHA-256 of files, each computed once a JVM while its identity stays the same. Safe for any
 * thread; only those who ask for the same file wait for each other.
 */
public final class FileHashes {
  private static final SharedWork<Key, String> KNOWN = new SharedWork<>();

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
   * The hash of a file that has an identity.
   *
   * @throws IOException when it cannot be read, or has another identity by the end
   */
  public static String of(Path file, FileIdentity identity) throws IOException {
    Key key = new Key(file.toAbsolutePath(), identity);
    try {
      return KNOWN.get(key, key::hash);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while " + file + " was hashed");
    }
  }
}
