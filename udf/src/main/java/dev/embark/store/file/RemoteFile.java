package dev.embark.store.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/** A model that has to be copied before it can be mapped. For one thread. */
public interface RemoteFile {
  /**
   * Names its content: another content has another version. Copies are found by it again.
   *
   * @throws IOException when it is not there or cannot be asked
   */
  String version() throws IOException;

  /** What it must hash to, where its place tells. */
  Optional<String> sha256() throws IOException;

  /** In bytes, where its place tells. */
  OptionalLong size() throws IOException;

  /**
   * Writes the whole content.
   *
   * @param partial may hold the head of the same version from an attempt that was cut off, which
   *     may be kept or overwritten
   */
  void copyTo(Path partial) throws IOException;
}
