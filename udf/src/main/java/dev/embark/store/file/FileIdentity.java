package dev.embark.store.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Objects;

/**
 * Identity of a file for change detection: it changes with the content, even if a tool preserves
 * size and modification time.
 *
 * @param key device and inode; null if the file system has none
 * @param changed the inode's change time (ctime); null if the file system has none
 */
record FileIdentity(FileStamp stamp, String key, FileTime changed) {
  private static final String UNIX = "unix";

  static FileIdentity of(Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    boolean unix = file.getFileSystem().supportedFileAttributeViews().contains(UNIX);
    return new FileIdentity(
        FileStamp.of(attributes),
        Objects.toString(attributes.fileKey(), null),
        unix ? (FileTime) Files.getAttribute(file, UNIX + ":ctime") : null);
  }
}
