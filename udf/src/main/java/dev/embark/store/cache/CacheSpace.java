package dev.embark.store.cache;

import dev.embark.store.file.FileStamp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the copies within their size: removes those unused for longest, and never one that a
 * process uses. What is in use may exceed the size; then the log says so.
 */
public final class CacheSpace {
  private static final Logger LOG = LoggerFactory.getLogger(CacheSpace.class);

  private final Path directory;
  private final long maxBytes;

  public CacheSpace(Path directory, long maxBytes) {
    this.directory = directory;
    this.maxBytes = maxBytes;
  }

  private record Copy(CacheFiles files, long bytes, FileStamp lastUse) {}

  /**
   * Makes room for a copy to come.
   *
   * @param incoming its size, where that is known
   * @throws CacheUnusable when it is larger than the cache may be, or than the disk has room
   */
  public void makeRoom(OptionalLong incoming) throws IOException {
    long size = incoming.orElse(0);
    if (size > maxBytes) {
      throw new CacheUnusable(
          "it has " + size + " bytes, but spark.embark.cacheSize is " + maxBytes + " bytes", null);
    }
    List<Copy> copies = copies();
    long taken = copies.stream().mapToLong(Copy::bytes).sum();
    for (Copy copy : copies) {
      if (taken + size <= maxBytes) {
        break;
      }
      if (CacheEntry.of(copy.files().lock()).removeIfUnused(copy.files()::delete)) {
        LOG.info("Removed {} of {} bytes", copy.files().copy(), copy.bytes());
        taken -= copy.bytes();
      }
    }
    if (taken + size > maxBytes) {
      LOG.warn(
          "{} grows to {} bytes, more than spark.embark.cacheSize, since all copies are in use",
          directory,
          taken + size);
    }
    long free = Files.getFileStore(directory).getUsableSpace();
    if (free < size) {
      throw new CacheUnusable(
          "it has "
              + size
              + " bytes, but the disk of "
              + directory
              + " has room for "
              + free
              + "; set spark.embark.cacheDir to a directory on a larger disk",
          null);
    }
  }

  /**
   * All of them, and what is left of downloads that were given up; the one unused for longest
   * first.
   */
  private List<Copy> copies() throws IOException {
    List<Copy> copies = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Optional<CacheFiles> copy = CacheFiles.of(file);
        if (copy.isEmpty()) {
          continue;
        }
        try {
          FileStamp used = FileStamp.of(copy.get().lock());
          copies.add(new Copy(copy.get(), Files.size(file), used));
        } catch (NoSuchFileException e) {
          // Another process has just removed it.
        }
      }
    }
    copies.sort(Comparator.comparingLong(copy -> copy.lastUse().modified()));
    return copies;
  }
}
