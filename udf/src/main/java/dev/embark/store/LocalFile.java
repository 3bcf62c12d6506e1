package dev.embark.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A file under a mount of an object store, such as a Databricks volume. It reads like a local one,
 * but a mapping of it would fetch pages over the network and die with the connection.
 */
record MountedFile(Path file, FileStamp stamp) implements RemoteFile {
  private static final List<Path> MOUNTS = List.of(Path.of("/Volumes"), Path.of("/dbfs"));

  static MountedFile of(Path file) throws IOException {
    return new MountedFile(file, FileStamp.of(file));
  }

  static boolean isMounted(Path file) {
    return MOUNTS.stream().anyMatch(file.toAbsolutePath().normalize()::startsWith);
  }

  @Override
  public String version() {
    return file.toAbsolutePath() + "\n" + stamp;
  }

  @Override
  public Optional<String> sha256() {
    return Optional.empty();
  }

  @Override
  public OptionalLong size() {
    return OptionalLong.of(stamp.size());
  }

  @Override
  public void copyTo(Path partial) throws IOException {
    try (InputStream in = Files.newInputStream(file);
        OutputStream out = Files.newOutputStream(partial)) {
      new Progress(file.toString(), 0, size(), () -> {}).copy(in, out);
    }
    if (!FileStamp.of(file).equals(stamp)) {
      throw new IOException("it changed while it was copied; try again when it is whole");
    }
  }
}
