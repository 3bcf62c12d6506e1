package dev.embark.job.state;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Set;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * Creates a file only if it does not exist. Of several processes that create the same file at the
 * same time, one succeeds, provided that the creation {@link #isAtomic}. Stateless.
 */
final class ExclusiveFile {
  /** S3A's option, from Hadoop 3.4.2 on; a store that ignores it is configured to lack it. */
  private static final String CONDITIONAL = "fs.option.create.conditional.overwrite";

  /** File systems whose servers refuse to create a file that exists. */
  private static final Set<String> SERVERS = Set.of("hdfs", "abfs", "abfss", "gs", "ofs", "o3fs");

  private ExclusiveFile() {}

  /** Returns whether a file system creates files atomically. */
  static boolean isAtomic(FileSystem files, Path path) throws IOException {
    return files instanceof RawLocalFileSystem
        || SERVERS.contains(files.getUri().getScheme())
        || isConditional(files, path);
  }

  private static boolean isConditional(FileSystem files, Path path) throws IOException {
    return files.hasPathCapability(path, CONDITIONAL);
  }

  /**
   * Creates a file and its folders.
   *
   * @param content content that no other process writes
   * @return false if the file exists already
   */
  static boolean create(FileSystem files, Path path, byte[] content) throws IOException {
    return isConditional(files, path)
        ? createConditionally(files, path, content)
        : createAtOpening(files, path, content);
  }

  private static boolean createAtOpening(FileSystem files, Path path, byte[] content)
      throws IOException {
    OutputStream opened;
    try {
      opened = open(files, path);
    } catch (IOException e) {
      if (files.exists(path)) {
        return false;
      }
      throw e;
    }
    try (OutputStream out = opened) {
      out.write(content);
    } catch (IOException | FSError e) {
      delete(files, path, e);
      throw e;
    }
    return true;
  }

  private static OutputStream open(FileSystem files, Path path) throws IOException {
    // Hadoop's local file system checks and then creates; a subclass has means of its own.
    if (files.getClass() != RawLocalFileSystem.class) {
      return files.create(path, false);
    }
    java.nio.file.Path file = java.nio.file.Path.of(path.toUri().getPath());
    Files.createDirectories(file.getParent());
    return Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  private static void delete(FileSystem files, Path path, Throwable cause) {
    try {
      files.delete(path, false);
    } catch (IOException | FSError e) {
      cause.addSuppressed(e);
    }
  }

  /** The store compares when it has received the whole file. */
  private static boolean createConditionally(FileSystem files, Path path, byte[] content)
      throws IOException {
    FSDataOutputStreamBuilder<?, ?> builder = files.createFile(path);
    builder.must(CONDITIONAL, true);
    try {
      try (OutputStream out = builder.build()) {
        out.write(content);
      }
      return true;
    } catch (IOException e) {
      if (!files.exists(path)) {
        throw e;
      }
      // A repeated request is refused because of the first one, whose answer was lost.
      try (InputStream in = files.open(path)) {
        return Arrays.equals(in.readAllBytes(), content);
      }
    }
  }
}
