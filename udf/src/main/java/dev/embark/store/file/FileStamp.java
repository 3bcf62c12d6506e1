package dev.embark.store.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;

/**
 * What is recorded of a copy to find out whether it is still the file that was hashed: its size and
 * modification time.
 *
 * @param size in bytes
 * @param modified in nanoseconds since 1970, as exact as the file system is
 */
public record FileStamp(long size, long modified) {
  public static FileStamp of(Path file) throws IOException {
    return of(Files.readAttributes(file, BasicFileAttributes.class));
  }

  public static FileStamp of(BasicFileAttributes attributes) {
    return new FileStamp(attributes.size(), attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS));
  }
}
