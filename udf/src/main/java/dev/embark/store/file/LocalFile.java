package dev.embark.store.file;

import dev.embark.imports.FolderFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A model file on a local file system. It is copied like a remote file, because overwriting a
 * mapped file ends the process that maps it. On a mounted object store, such as a Databricks
 * volume, a mapping would also fetch pages over the network, and a lost connection would end the
 * process.
 */
public final class LocalFile implements RemoteFile {
  private static final List<Path> MOUNTS = List.of(Path.of("/Volumes"), Path.of("/dbfs"));

  private final Path file;
  private final FileIdentity identity;

  /**
   * @throws IOException if it is not a regular file
   */
  public LocalFile(Path file) throws IOException {
    check(file);
    this.file = file;
    this.identity = FileIdentity.of(file);
  }

  /**
   * Checks that a path is a regular file, and not one of another format by its name.
   *
   * @throws IOException if it does not exist, is a directory, or names what to write instead
   */
  public static void check(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException("it is a directory; name the .gguf file in it");
    }
    if (!Files.isRegularFile(file)) {
      throw new FileNotFoundException("there is no such model file");
    }
    FolderFiles.checkIsGguf(file.getFileName().toString(), LocalFolder.around(file));
  }

  /** Whether a file is on a mounted object store. */
  public static boolean isMounted(Path file) {
    return MOUNTS.stream().anyMatch(file.toAbsolutePath().normalize()::startsWith);
  }

  @Override
  public String version() {
    return file.toAbsolutePath() + "\n" + identity.stamp();
  }

  /**
   * Empty for a file on a mounted object store, which would be read over the network a second time.
   */
  @Override
  public Optional<String> sha256() throws IOException {
    return isMounted(file) ? Optional.empty() : Optional.of(FileHashes.of(file, identity));
  }

  @Override
  public OptionalLong size() {
    return OptionalLong.of(identity.stamp().size());
  }

  @Override
  public void copyTo(Path partial) throws IOException {
    try (InputStream in = Files.newInputStream(file);
        OutputStream out = Files.newOutputStream(partial)) {
      new Progress(file.toString(), 0, size(), () -> {}).copy(in, out);
    }
    if (!FileIdentity.of(file).equals(identity)) {
      throw new IOException("it changed while it was copied; try again when it is whole");
    }
  }
}
