package dev.embark.store.file;

import dev.embark.engine.model.Sha256;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;

/**
 * Computes the SHA-256 of files, once per JVM as long as a file's identity is unchanged. Safe for
 * any thread; threads wait for each other only if they ask for the same file.
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
   * The hash of a file with a given identity.
   *
   * @throws IOException if the file cannot be read, or its identity changes meanwhile
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
