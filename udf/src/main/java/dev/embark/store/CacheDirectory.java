package dev.embark.store;

import java.io.IOException;
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
   * @throws IOException when it cannot be made, or others can write to it
   */
  static Path prepare(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Path parent = directory.toAbsolutePath().getParent();
      Files.createDirectories(parent);
      try {
        Files.createDirectory(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } catch (java.nio.file.FileAlreadyExistsException e) {
        // By another process, in this very moment.
      }
    }
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(directory);
    String user = System.getProperty("user.name");
    if (permissions.contains(PosixFilePermission.OTHERS_WRITE)
        || permissions.contains(PosixFilePermission.GROUP_WRITE)
        || !Files.isWritable(directory)) {
      throw new IOException(
          "the cache directory "
              + directory
              + " has the permissions "
              + PosixFilePermissions.toString(permissions)
              + "; set spark.embark.cacheDir to a directory that "
              + user
              + " and nobody else can write to");
    }
    return directory;
  }
}
