package dev.embark.store.file;

import dev.embark.imports.FolderFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A model file on any Hadoop file system, whose content is identified by path, length and
 * modification time.
 *
 * <p>Opens and closes its own file system, because file systems in Hadoop's cache keep the
 * configuration they were first opened with, without later settings of a session.
 */
public final class HadoopFile implements RemoteFile {
  private final Path path;
  private final Configuration configuration;
  private final FileStatus status;

  /**
   * @throws IOException if the file does not exist or its file system cannot be reached
   */
  public HadoopFile(Path path, Configuration configuration) throws IOException {
    this.path = path;
    this.configuration = configuration;
    this.status = status();
    if (status.isDirectory()) {
      throw new IOException("it is a directory");
    }
    FolderFiles.checkIsGguf(path.getName(), Optional.of(path.getParent().toString()));
  }

  @Override
  public String version() {
    return status.getPath() + "\n" + status.getLen() + "\n" + status.getModificationTime();
  }

  @Override
  public Optional<String> sha256() {
    return Optional.empty();
  }

  @Override
  public OptionalLong size() {
    return OptionalLong.of(status.getLen());
  }

  @Override
  public void copyTo(java.nio.file.Path partial) throws IOException {
    try (FileSystem system = FileSystem.newInstance(path.toUri(), configuration);
        InputStream in = system.open(path);
        OutputStream out = Files.newOutputStream(partial)) {
      new Progress(path.getName(), 0, size(), () -> {}).copy(in, out);
    }
    FileStatus after = status();
    if (after.getLen() != status.getLen()
        || after.getModificationTime() != status.getModificationTime()) {
      throw new IOException("it changed while it was copied; try again when it is whole");
    }
  }

  /**
   * Whether a path is a directory.
   *
   * @throws IOException if it does not exist or its file system cannot be reached
   */
  public static boolean isFolder(Path path, Configuration configuration) throws IOException {
    return status(path, configuration).isDirectory();
  }

  private FileStatus status() throws IOException {
    return status(path, configuration);
  }

  private static FileStatus status(Path path, Configuration configuration) throws IOException {
    // For a path without an authority, newInstance uses the default file system's, as
    // FileSystem.get does.
    try (FileSystem system = FileSystem.newInstance(path.toUri(), configuration)) {
      return system.getFileStatus(path);
    }
  }
}
