package dev.embark.store.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/** A model file that is copied into the cache before it is mapped. Not thread-safe. */
public interface RemoteFile {
  /**
   * Identifies the content: different content has a different version. The cache finds copies by
   * it.
   *
   * @throws IOException if the file does not exist or its source cannot be reached
   */
  String version() throws IOException;

  /** The SHA-256 of the content, if the source provides it. */
  Optional<String> sha256() throws IOException;

  /** The size in bytes, if the source provides it. */
  OptionalLong size() throws IOException;

  /**
   * Writes the whole content.
   *
   * @param partial may contain the beginning of the same version from an interrupted attempt, to be
   *     continued or overwritten
   */
  void copyTo(Path partial) throws IOException;
}
