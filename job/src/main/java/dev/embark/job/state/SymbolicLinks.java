package dev.embark.job.state;

import dev.embark.job.files.FileNames;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;

/** Resolves symbolic links on local disks. */
final class SymbolicLinks {
  private SymbolicLinks() {}

  /**
   * Returns the path with the symbolic links of its existing part resolved.
   *
   * @param path an absolute path
   */
  static Path resolved(Path path) throws IOException {
    Path there = path;
    while (there != null && !Files.exists(there)) {
      there = there.getParent();
    }
    return there == null ? path : there.toRealPath().resolve(there.relativize(path)).normalize();
  }

  /**
   * Returns whether a recursive read of a folder, following links as Spark does, reaches another
   * folder, its content or one of its ancestors. Names that readers skip are ignored.
   *
   * @param other a path without links
   */
  static boolean lead(Path folder, Path other) throws IOException {
    Search search = new Search(folder, other);
    Files.walkFileTree(folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, search);
    return search.found;
  }

  private static final class Search extends SimpleFileVisitor<Path> {
    private final Path start;
    private final Path other;
    private boolean found;

    Search(Path start, Path other) {
      this.start = start;
      this.other = other;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
        throws IOException {
      if (!folder.equals(start) && FileNames.isHidden(folder.getFileName().toString())) {
        return FileVisitResult.SKIP_SUBTREE;
      }
      Path real = folder.toRealPath();
      return found(real.startsWith(other) || other.startsWith(real));
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      return found(Files.isSymbolicLink(file) && file.toRealPath().startsWith(other));
    }

    private FileVisitResult found(boolean now) {
      found = now;
      return now ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
    }

    /** Skips dangling links, link cycles and unreadable folders. */
    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) {
      return FileVisitResult.CONTINUE;
    }
  }
}
