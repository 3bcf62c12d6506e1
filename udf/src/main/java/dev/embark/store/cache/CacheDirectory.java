package dev.embark.store.cache;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * The directory of the copies: the user's alone. A copy whose size and time are as recorded is
 * taken to be whole, so nobody else may be able to write here.
 */
final class CacheDirectory {
  private CacheDirectory() {}

  /**
   * Makes it, if need be, with permissions for its owner only.
   *
   * @return without symbolic links, as locks are by path
   * @throws CacheUnusable when it cannot be made, or others can write to it
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
      if (!Files.isDirectory(directory)) { // else by another process, in this very moment
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
