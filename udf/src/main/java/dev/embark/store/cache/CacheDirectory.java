package dev.embark.store.cache;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Creates and checks the cache directory, which must be private to the user: a copy with the
 * recorded size and time is trusted, so no other user may have write access.
 */
final class CacheDirectory {
  private CacheDirectory() {}

  /**
   * Creates the directory, if necessary, with permissions for its owner only.
   *
   * @return the path without symbolic links, since locks are keyed by path
   * @throws CacheUnusable if the directory cannot be created or other users can write to it
   */
  static Path prepare(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      make(directory);
    }
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(directory);
    String user = System.getProperty("user.name");
    if (permissions.contains(PosixFilePermission.OTHERS_WRITE)
        || permissions.contains(PosixFilePermission.GROUP_WRITE)
        || !Files.isWritable(directory)) {
      throw new CacheUnusable(
          "the cache directory "
              + directory
              + " has the permissions "
              + PosixFilePermissions.toString(permissions)
              + "; set spark.embark.cacheDir to a directory that "
              + user
              + " and nobody else can write to",
          null);
    }
    return directory.toRealPath();
  }

  private static void make(Path directory) throws CacheUnusable {
    try {
      Files.createDirectories(directory.toAbsolutePath().getParent());
      Files.createDirectory(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory)) { // another process may have created it just now
        throw cannotMake(directory, e);
      }
    } catch (IOException e) {
      throw cannotMake(directory, e);
    }
  }

  private static CacheUnusable cannotMake(Path directory, IOException e) {
    return new CacheUnusable(
        "the cache directory "
            + directory
            + " cannot be made ("
            + e
            + "); set spark.embark.cacheDir to a directory that can be written",
        e);
  }
}
