package dev.embark.store.cache;

import dev.embark.store.file.SourceFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Paths of one cached copy and its accompanying files.
 *
 * @param key must not contain a dot
 * @param kind of the copy
 */
record CacheFiles(Path directory, String key, Kind kind) {
  /** Kind of a cached file. */
  enum Kind {
    /** A model. */
    GGUF,
    /** Weights of a model, packed for the accelerator. */
    WEIGHTS;

    private String extension() {
      return "." + name().toLowerCase(Locale.ROOT);
    }
  }

  private static final Pattern COPY = Pattern.compile("([^.]+)\\.(gguf|weights)(\\.part)?");

  /**
   * The paths for a file in the cache directory; empty if it is neither a copy nor a partial copy.
   */
  static Optional<CacheFiles> of(Path file) {
    Matcher name = COPY.matcher(file.getFileName().toString());
    return name.matches()
        ? Optional.of(
            new CacheFiles(
                file.getParent(),
                name.group(1),
                Kind.valueOf(name.group(2).toUpperCase(Locale.ROOT))))
        : Optional.empty();
  }

  /** The complete copy, which appears atomically. */
  Path copy() {
    return directory.resolve(key + kind.extension());
  }

  /** The partial copy that is being fetched or packed. */
  Path partial() {
    return directory.resolve(key + kind.extension() + ".part");
  }

  /** The {@link Recorded} hash, size and time, written before the copy appears. */
  Path record() {
    return directory.resolve(key + kind.extension() + ".sha256");
  }

  /** The lock file of {@link CacheEntry}; its modification time is the time of last use. */
  Path lock() {
    return directory.resolve(key + ".lock");
  }

  /** Removes all files except the lock. */
  void delete() throws IOException {
    Files.deleteIfExists(copy());
    Files.deleteIfExists(partial());
    SourceFolder.deleteStaging(partial());
    Files.deleteIfExists(record());
  }
}
