package dev.embark.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder for files of the sides, which is gone afterwards. */
record WorkFolder(Path path) implements AutoCloseable {
  static WorkFolder create() throws IOException {
    return new WorkFolder(Files.createTempDirectory("embark-bench"));
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
