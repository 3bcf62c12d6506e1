package dev.embark.store.cache;

import dev.embark.store.file.FileStamp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * Record next to a cached copy: its hash, and the file's stamp when it was hashed.
 *
 * @param sha256 lower-case hex
 */
record Recorded(String sha256, FileStamp stamp) {
  /** Reads a record; empty if it is missing or unreadable. */
  static Optional<Recorded> read(Path record) throws IOException {
    if (!Files.exists(record)) {
      return Optional.empty();
    }
    String[] words = Files.readString(record).strip().split(" ");
    if (words.length != 3 || !words[0].matches("[0-9a-f]{64}")) {
      return Optional.empty();
    }
    try {
      FileStamp stamp = new FileStamp(Long.parseLong(words[1]), Long.parseLong(words[2]));
      return Optional.of(new Recorded(words[0], stamp));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Writes the record atomically. */
  void write(Path record) throws IOException {
    Path partial = record.resolveSibling(record.getFileName() + ".part");
    Files.writeString(partial, sha256 + " " + stamp.size() + " " + stamp.modified() + "\n");
    Files.move(partial, record, StandardCopyOption.ATOMIC_MOVE);
  }
}
