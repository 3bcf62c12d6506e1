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
 * Enforces the size limit of the cache: evicts the least recently used copies, but never one in
 * use. If the copies in use exceed the limit, a warning is logged.
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
   * Makes room for a new copy.
   *
   * @param incoming its size, if known
   * @throws CacheUnusable if the copy exceeds the cache limit or the free space on the disk
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

  /** All copies and abandoned partial copies, least recently used first. */
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
          // Another process has just removed the file.
        }
      }
    }
    copies.sort(Comparator.comparingLong(copy -> copy.lastUse().modified()));
    return copies;
  }
}
