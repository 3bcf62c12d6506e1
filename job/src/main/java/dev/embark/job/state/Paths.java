package dev.embark.job.state;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.UserError;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.GlobExpander;
import org.apache.hadoop.fs.GlobFilter;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Path operations of the driver on any Hadoop file system. */
public final class Paths {
  private static final int PROBE_BYTES = 1 << 20; // more than a full disk has left

  private Paths() {}

  /** Returns the fully qualified path, as shown in reports. */
  public static String qualified(SparkSession spark, String path) {
    Path parsed = parse(path);
    return fileSystem(spark, parsed).makeQualified(parsed).toString();
  }

  /**
   * Returns the fully qualified path. On local disks, symbolic links in the existing part of the
   * path are resolved; other file systems are assumed to have none.
   */
  public static String resolved(SparkSession spark, String path) {
    Path absolute = new Path(qualified(spark, path));
    Optional<java.nio.file.Path> file = local(absolute);
    try {
      return file.isEmpty()
          ? absolute.toString()
          : new Path("file", null, SymbolicLinks.resolved(file.get()).toString()).toString();
    } catch (IOException e) {
      throw unreachable(path, e);
    }
  }

  /**
   * Returns whether reading a path would reach another path, its content or one of its ancestors,
   * either literally or through symbolic links.
   *
   * @param other a path as returned by {@link #resolved}
   */
  public static boolean leads(SparkSession spark, String path, String other) {
    String resolved = resolved(spark, path);
    if (isWithin(resolved, other) || isWithin(other, resolved)) {
      return true;
    }
    Optional<java.nio.file.Path> from = local(new Path(resolved));
    Optional<java.nio.file.Path> to = local(new Path(other));
    try {
      return from.isPresent()
          && to.isPresent()
          && Files.isDirectory(from.get())
          && SymbolicLinks.lead(from.get(), to.get());
    } catch (IOException e) {
      throw unreachable(path, e);
    }
  }

  private static boolean isWithin(String path, String folder) {
    return path.equals(folder) || path.startsWith(folder.endsWith("/") ? folder : folder + "/");
  }

  /** Returns the target of a symbolic link on a local disk; empty for anything else. */
  public static Optional<String> linkTarget(Path path) {
    try {
      Optional<java.nio.file.Path> file = local(path).filter(Files::isSymbolicLink);
      return file.isEmpty()
          ? Optional.empty()
          : Optional.of(Files.readSymbolicLink(file.get()).toString());
    } catch (IOException e) {
      throw unreachable(path.toString(), e);
    }
  }

  private static Optional<java.nio.file.Path> local(Path absolute) {
    return "file".equals(absolute.toUri().getScheme())
        ? Optional.of(java.nio.file.Path.of(absolute.toUri().getPath()))
        : Optional.empty();
  }

  public static boolean exists(SparkSession spark, String path) {
    Path parsed = parse(path);
    try {
      return fileSystem(spark, parsed).exists(parsed);
    } catch (IOException e) {
      throw unreachable(path, e);
    }
  }

  /**
   * Returns whether a path is a folder.
   *
   * @throws UserError if it cannot be reached
   */
  public static boolean isFolder(SparkSession spark, Path path) {
    try {
      return fileSystem(spark, path).getFileStatus(path).isDirectory();
    } catch (IOException e) {
      throw unreachable(path.toString(), e);
    }
  }

  /** Returns whether a path or glob matches at least one file or folder. */
  public static boolean matchesAnything(SparkSession spark, String glob) {
    Path parsed = parse(glob);
    try {
      FileSystem files = fileSystem(spark, parsed);
      // A literal name may contain glob characters, such as [1].json.
      if (files.exists(parsed)) {
        return true;
      }
      FileStatus[] found = globbed(files, parsed);
      return found != null && found.length > 0;
    } catch (IOException e) {
      throw unreachable(glob, e);
    }
  }

  private static FileStatus[] globbed(FileSystem files, Path glob) throws IOException {
    try {
      return files.globStatus(glob);
    } catch (IllegalArgumentException e) {
      throw new UserError(
          "%s cannot be listed, because Hadoop allows no colon in the name of a file (%s); rename it"
              .formatted(glob, Failures.sentence(e)),
          e);
    }
  }

  /** Returns the absolute paths that match a path or glob; the path itself if nothing matches. */
  public static List<String> matches(SparkSession spark, String glob) {
    Path parsed = parse(glob);
    try {
      FileSystem files = fileSystem(spark, parsed);
      FileStatus[] found = files.exists(parsed) ? null : globbed(files, parsed);
      return found == null || found.length == 0
          ? List.of(files.makeQualified(parsed).toString())
          : Arrays.stream(found).map(status -> status.getPath().toString()).toList();
    } catch (IOException e) {
      throw unreachable(glob, e);
    }
  }

  /**
   * Returns whether a glob would match a path that does not exist yet, or one of its ancestors. The
   * name of an existing file is not a glob.
   *
   * @param path fully qualified path
   */
  public static boolean couldMatch(SparkSession spark, String glob, String path) {
    if (exists(spark, glob)) {
      return false;
    }
    String[] names = path.split("/");
    try {
      for (String one : GlobExpander.expand(qualified(spark, glob))) {
        String[] patterns = one.split("/");
        boolean matches = patterns.length <= names.length;
        for (int i = 0; matches && i < patterns.length; i++) {
          matches = new GlobFilter(patterns[i]).accept(new Path("/" + names[i]));
        }
        if (matches) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw new UserError(
          "%s is not a valid glob; check --input (%s)".formatted(glob, Failures.sentence(e)), e);
    }
  }

  /** Returns the absolute paths of the files behind a data set. */
  public static List<Path> files(Dataset<Row> rows) {
    return Arrays.stream(rows.inputFiles()).map(uri -> new Path(URI.create(uri))).toList();
  }

  /** Returns the name of the first data file directly in a folder, if any. */
  public static Optional<String> anyDataFileIn(SparkSession spark, String folder) {
    Path parsed = parse(folder);
    try {
      FileSystem files = fileSystem(spark, parsed);
      if (!files.exists(parsed)) {
        return Optional.empty();
      }
      return Arrays.stream(files.listStatus(parsed))
          .filter(FileStatus::isFile)
          .map(status -> status.getPath().getName())
          .filter(name -> !name.startsWith("_") && !name.startsWith("."))
          .sorted()
          .findFirst();
    } catch (IOException e) {
      throw unreachable(folder, e);
    }
  }

  /**
   * Checks that a file or folder can be written, by writing a file into it or into its nearest
   * existing ancestor and deleting that file. Permissions alone do not show a disk that is mounted
   * read-only or full.
   *
   * @throws UserError if it cannot be written
   */
  public static void checkWritable(SparkSession spark, String path) {
    Path parsed = new Path(qualified(spark, path));
    FileSystem files = fileSystem(spark, parsed);
    try {
      Path ancestor = parsed;
      while (ancestor != null && !files.exists(ancestor)) {
        ancestor = ancestor.getParent();
      }
      // Object stores have no folders.
      Path folder = ancestor == null ? parsed : ancestor;
      if (ancestor != null && !files.getFileStatus(ancestor).isDirectory()) {
        throw new UserError("Cannot write to %s: %s is a file".formatted(path, ancestor));
      }
      probe(files, new Path(folder, ".embark-probe-" + UUID.randomUUID()));
    } catch (IOException | FSError e) {
      throw new UserError("Cannot write to %s (%s)".formatted(path, Failures.sentence(e)), e);
    }
  }

  private static void probe(FileSystem files, Path file) throws IOException {
    try (OutputStream out = files.create(file, false)) {
      out.write(new byte[PROBE_BYTES]);
    } finally {
      files.delete(file, false);
    }
  }

  private static Path parse(String path) {
    try {
      return new Path(path);
    } catch (IllegalArgumentException e) {
      throw new UserError(path + " is not a valid path: " + e.getMessage(), e);
    }
  }

  public static FileSystem fileSystem(SparkSession spark, Path path) {
    try {
      return path.getFileSystem(spark.sparkContext().hadoopConfiguration());
    } catch (IOException | UncheckedIOException e) {
      throw unreachable(path.toString(), e);
    }
  }

  private static UserError unreachable(String path, Exception cause) {
    return new UserError("Cannot reach " + path + ": " + Failures.sentence(cause), cause);
  }
}
