package dev.embark.store.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A model folder that is converted to GGUF, in the version at construction. Not thread-safe. */
public interface SourceFolder {
  /** The name of the model, for its metadata. */
  String name();

  /** Identifies the content of the files that the conversion reads. */
  String version();

  /** The size of these files in bytes. */
  long size();

  /**
   * Makes these files available on a local disk.
   *
   * @param staging a directory for copies, which may not exist, or may hold a part of the same
   *     version from an interrupted attempt
   * @return the folder with the files, {@code staging} or the original
   */
  Path fetch(Path staging) throws IOException;

  /**
   * Checks that the files were not changed since construction.
   *
   * @throws IOException if one was
   */
  void checkUnchanged() throws IOException;

  /** The directory for copies of a folder's files while they become a file. */
  static Path staging(Path target) {
    return target.resolveSibling(target.getFileName() + ".import");
  }

  /** Removes the copies of a folder's files, if there are any. */
  static void deleteStaging(Path target) throws IOException {
    Path staging = staging(target);
    if (!Files.exists(staging)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> all = Files.walk(staging)) {
      files = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }
}
