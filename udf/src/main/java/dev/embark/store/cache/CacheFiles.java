package dev.embark.store.cache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where one copy of a cache and what belongs to it lie.
 *
 * @param key without a dot
 * @param kind of the copy
 */
record CacheFiles(Path directory, String key, Kind kind) {
  /** What is kept. */
  enum Kind {
    /** A model. */
    GGUF,
    /** Weights of a model as the accelerator packs them. */
    WEIGHTS;

    private String extension() {
      return "." + name().toLowerCase(Locale.ROOT);
    }
  }

  private static final Pattern COPY = Pattern.compile("([^.]+)\\.(gguf|weights)(\\.part)?");

  /** Those of a file that is a copy, or what has come of one. */
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

  /** The copy; appears whole or not at all. */
  Path copy() {
    return directory.resolve(key + kind.extension());
  }

  /** What has come so far of one that is being made. */
  Path partial() {
    return directory.resolve(key + kind.extension() + ".part");
  }

  /** Its {@link Recorded} hash, size and time, written before it appears. */
  Path record() {
    return directory.resolve(key + kind.extension() + ".sha256");
  }

  /** Who uses it: see {@link CacheEntry}. Its time is that of the last use. */
  Path lock() {
    return directory.resolve(key + ".lock");
  }

  /** Removes all but the lock. */
  void delete() throws IOException {
    Files.deleteIfExists(copy());
    Files.deleteIfExists(partial());
    Files.deleteIfExists(record());
  }
}
