package dev.embark.job;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * The folder {@code _embark/} of an output, which readers of the output do not see: manifest,
 * quarantine, and what a run keeps while it goes on. On any Hadoop file system. For one process and
 * one thread at a time.
 */
final class StateFolder {
  static final String NAME = "_embark";
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private final FileSystem files;
  private final Path folder;

  /** The state of the output at a path. */
  StateFolder(SparkSession spark, String output) {
    Path named = new Path(output, NAME);
    this.files = Paths.fileSystem(spark, named);
    this.folder = files.makeQualified(named);
  }

  FileSystem fileSystem() {
    return files;
  }

  /** Returns a path in the folder, whether it exists or not. */
  Path path(String... names) {
    Path path = folder;
    for (String name : names) {
      path = new Path(path, name);
    }
    return path;
  }

  Path runFolder(Manifest.Run run) {
    return path("run-" + run.id());
  }

  /**
   * Reads the manifest; {@link Manifest#EMPTY} if there is none.
   *
   * @throws UserError if it cannot be read
   */
  Manifest load() {
    Path current = path("manifest.json");
    try {
      Path next = path("manifest.next.json");
      if (files.exists(next)) {
        // The last save was interrupted after it had taken effect.
        promote(next, current);
      }
      if (!files.exists(current)) {
        return Manifest.EMPTY;
      }
      try (InputStream in = files.open(current)) {
        return JSON.readValue(in, Manifest.class);
      }
    } catch (IOException e) {
      throw new UserError("Cannot read %s (%s)".formatted(current, Failures.sentence(e)), e);
    }
  }

  /**
   * Replaces the manifest. Takes effect at one moment, the first rename: after a crash at any point
   * {@link #load} gives the old manifest or the new one. Renames never replace a file, which some
   * file systems cannot.
   */
  void save(Manifest manifest) {
    Path draft = path("manifest.draft.json");
    Path next = path("manifest.next.json");
    try {
      try (OutputStream out = files.create(draft, true)) {
        JSON.writeValue(out, manifest);
      }
      rename(draft, next);
      promote(next, path("manifest.json"));
    } catch (IOException e) {
      throw new UserError("Cannot write to %s (%s)".formatted(folder, Failures.sentence(e)), e);
    }
  }

  private void promote(Path next, Path current) throws IOException {
    files.delete(current, false);
    rename(next, current);
  }

  /** Renames a file or folder to a name that is not there. */
  void rename(Path from, Path to) throws IOException {
    if (!files.rename(from, to)) {
      throw new IOException("cannot rename " + from + " to " + to);
    }
  }

  /**
   * Moves each file below a folder to the same place below another, its name lengthened; can be
   * repeated after it was interrupted. Names that begin with {@code _} or {@code .} stay.
   */
  void moveAll(Path from, Path to, String prefix) {
    try {
      if (!files.exists(from)) {
        return;
      }
      for (Path file : filesBelow(from)) {
        String relative = from.toUri().relativize(file.getParent().toUri()).getPath();
        Path folderThere = relative.isEmpty() ? to : new Path(to, relative);
        files.mkdirs(folderThere);
        Path there = new Path(folderThere, prefix + file.getName());
        // Only an object store, which copies, can have been interrupted between two halves.
        files.delete(there, false);
        rename(file, there);
      }
    } catch (IOException e) {
      throw new UserError("Cannot write to %s (%s)".formatted(to, Failures.sentence(e)), e);
    }
  }

  private List<Path> filesBelow(Path path) throws IOException {
    List<Path> found = new ArrayList<>();
    for (FileStatus status : files.listStatus(path)) {
      String name = status.getPath().getName();
      if (isHidden(name)) {
        continue;
      }
      if (status.isDirectory()) {
        found.addAll(filesBelow(status.getPath()));
      } else {
        found.add(status.getPath());
      }
    }
    return found;
  }

  /** Whether Spark's readers skip the name. */
  static boolean isHidden(String name) {
    return name.startsWith(".") || (name.startsWith("_") && !name.contains("="));
  }

  /** Deletes what was kept for runs that are over. */
  void deleteRuns() {
    try {
      if (files.exists(folder)) {
        for (FileStatus status : files.listStatus(folder)) {
          if (status.getPath().getName().startsWith("run-")) {
            files.delete(status.getPath(), true);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void delete(Path path) {
    try {
      files.delete(path, true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return folder.toString();
  }
}
