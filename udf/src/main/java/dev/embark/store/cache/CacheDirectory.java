package dev.embark.store.cache;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Creates and checks the cache directory, which must be private to the user: a copy with the
 * recorded size and time is trusted, so no other user may have write access.
 *
 * <p>A directory that a group can write to, as Kubernetes mounts a volume with {@code fsGroup},
 * gets a folder of the user's own. So does one that everybody can write to, if its sticky bit keeps
 * users from replacing each other's folders.
 */
final class CacheDirectory {
  private static final int STICKY = 01000;
  private static final String PRIVATE = "rwx------";

  private CacheDirectory() {}

  /**
   * Creates the directory, if necessary, with permissions for its owner only.
   *
   * @return the path without symbolic links, since locks are keyed by path; a folder in the
   *     directory if others can write to the directory
   * @throws CacheUnusable if the directory cannot be created or other users can write to it
   */
  static Path prepare(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      make(directory);
    }
    Path real = directory.toRealPath();
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(real);
    if (!Files.isWritable(real)) {
      throw unusable(real, permissions);
    }
    if (permissions.contains(PosixFilePermission.OTHERS_WRITE)
        && ((int) Files.getAttribute(real, "unix:mode") & STICKY) == 0) {
      throw unusable(real, permissions);
    }
    return permissions.contains(PosixFilePermission.OTHERS_WRITE)
            || permissions.contains(PosixFilePermission.GROUP_WRITE)
        ? own(real)
        : real;
  }

  private static CacheUnusable unusable(Path directory, Set<PosixFilePermission> permissions) {
    return new CacheUnusable(
        "the cache directory "
            + directory
            + " has the permissions "
            + PosixFilePermissions.toString(permissions)
            + "; set spark.embark.cacheDir to a directory that "
            + System.getProperty("user.name")
            + " and nobody else can write to, such as a new folder "
            + directory.resolve("embark"),
        null);
  }

  /** The user's own folder in a directory that others can write to. */
  private static Path own(Path directory) throws IOException {
    int user = user(directory);
    Path own = directory.resolve("embark-" + user);
    if (!Files.exists(own, LinkOption.NOFOLLOW_LINKS)) {
      make(own);
    }
    boolean isOwn =
        Files.isDirectory(own, LinkOption.NOFOLLOW_LINKS)
            && (int) Files.getAttribute(own, "unix:uid", LinkOption.NOFOLLOW_LINKS) == user;
    if (!isOwn) {
      throw new CacheUnusable(
          own
              + " in the cache directory belongs to another user; remove it, or set"
              + " spark.embark.cacheDir to another directory",
          null);
    }
    // Kubernetes gives the group of a volume access to everything in it when a pod starts.
    Set<PosixFilePermission> narrow = PosixFilePermissions.fromString(PRIVATE);
    if (!Files.getPosixFilePermissions(own).equals(narrow)) {
      Files.setPosixFilePermissions(own, narrow);
    }
    return own;
  }

  /** The id of the user that owns what this process creates in a directory. */
  private static int user(Path directory) throws IOException {
    Path probe = Files.createTempFile(directory, "embark", ".owner");
    try {
      return (int) Files.getAttribute(probe, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    } finally {
      Files.deleteIfExists(probe);
    }
  }

  private static void make(Path directory) throws CacheUnusable {
    try {
      Files.createDirectories(directory.toAbsolutePath().getParent());
      Files.createDirectory(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(PRIVATE)));
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
