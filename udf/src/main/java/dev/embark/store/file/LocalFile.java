package dev.embark.store.file;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A file that this machine's file system has. It is copied like a remote one: whoever overwrites a
 * mapped file ends the process that maps it. Under a mount of an object store, such as a Databricks
 * volume, a mapping would also fetch pages over the network and die with the connection.
 */
public final class LocalFile implements RemoteFile {
  private static final List<Path> MOUNTS = List.of(Path.of("/Volumes"), Path.of("/dbfs"));

  private final Path file;
  private final FileIdentity identity;

  /**
   * @throws IOException when it is not a file, or not there
   */
  public LocalFile(Path file) throws IOException {
    check(file);
    this.file = file;
    this.identity = FileIdentity.of(file);
  }

  /**
   * Checks that a file is there.
   *
   * @throws IOException when it is not, or is a directory
   */
  public static void check(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException("it is a directory; name the .gguf file in it");
    }
    if (!Files.isRegularFile(file)) {
      throw new IOException("there is no such model file");
    }
  }

  /** Whether it is under a mount of an object store. */
  public static boolean isMounted(Path file) {
    return MOUNTS.stream().anyMatch(file.toAbsolutePath().normalize()::startsWith);
  }

  @Override
  public String version() {
    return file.toAbsolutePath() + "\n" + identity.stamp();
  }

  /** Known for files on a disk; those under a mount are read over the network once only. */
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
