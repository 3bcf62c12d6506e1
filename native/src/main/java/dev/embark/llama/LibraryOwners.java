package dev.embark.llama;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * The users trusted as owners of native libraries: the user of this process and root. Files that
 * another user owns or can write may contain that user's code.
 *
 * @param trusted user ids
 */
record LibraryOwners(Set<Integer> trusted) {
  private static final int ROOT = 0;

  /**
   * Returns the users trusted by this process.
   *
   * @param directory a writable directory; its files show the effective owner, which on a network
   *     file system may differ from the user of the process
   */
  static LibraryOwners of(Path directory) throws IOException {
    Path probe = Files.createTempFile(directory, "embark", ".owner");
    try {
      int user = user(probe);
      return new LibraryOwners(user == ROOT ? Set.of(ROOT) : Set.of(ROOT, user));
    } finally {
      Files.delete(probe);
    }
  }

  /** Thrown for a file or directory that an untrusted user may have written. */
  static final class Untrusted extends IOException {
    private static final long serialVersionUID = 1L;

    Untrusted(String message) {
      super(message);
    }
  }

  /**
   * Checks a file, or a directory and its ancestors. Ancestors are the administrator's
   * responsibility unless their parent is world-writable, as {@code /tmp} is.
   *
   * @throws Untrusted when an untrusted user owns the path or may write to it
   */
  void check(Path path) throws IOException {
    Path real = path.toRealPath(LinkOption.NOFOLLOW_LINKS);
    checkOwner(real);
    checkWriters(real);
    if (Files.isDirectory(real)) {
      for (Path each = real; each.getParent() != null; each = each.getParent()) {
        if (attributes(each.getParent()).permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
          checkOwner(each);
        }
      }
    }
  }

  private void checkOwner(Path path) throws IOException {
    if (!trusted.contains(user(path))) {
      throw new Untrusted(path + " belongs to the user " + attributes(path).owner().getName());
    }
  }

  private static void checkWriters(Path path) throws IOException {
    PosixFileAttributes attributes = attributes(path);
    if (attributes.isSymbolicLink()) {
      throw new Untrusted(path + " is a symbolic link");
    }
    Set<PosixFilePermission> permissions = attributes.permissions();
    // Many systems give each user a group of the same name with write permission by default.
    boolean groupOfItsOwn = attributes.group().getName().equals(attributes.owner().getName());
    if (permissions.contains(PosixFilePermission.OTHERS_WRITE)
        || (permissions.contains(PosixFilePermission.GROUP_WRITE) && !groupOfItsOwn)) {
      throw new Untrusted(
          path + " has the permissions " + PosixFilePermissions.toString(permissions));
    }
  }

  private static int user(Path path) throws IOException {
    return (int) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
  }

  private static PosixFileAttributes attributes(Path path) throws IOException {
    return Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }
}
