package dev.embark.job.state;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.embark.job.cli.Failures;
import dev.embark.job.cli.UserError;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * The folder {@code _embark/} of an output, which readers of the output do not see: manifest,
 * quarantine, and what a run keeps while it goes on. On any Hadoop file system. What changes it is
 * for the thread of the process that has the {@link RunLease}; {@link #load} is for any.
 */
public final class StateFolder {
  public static final String NAME = "_embark";
  private static final int LOOKS = 5;
  private static final int MILLIS_BETWEEN_LOOKS = 10;
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private final FileSystem files;
  private final FileSystem plain;
  private final Path folder;

  /** The state of the output at a path. */
  public StateFolder(SparkSession spark, String output) {
    Path named = new Path(output, NAME);
    this.files = Paths.fileSystem(spark, named);
    this.folder = files.makeQualified(named);
    this.plain = files instanceof ChecksumFileSystem local ? local.getRawFileSystem() : files;
  }

  /** Returns the path of the output. */
  Path output() {
    return folder.getParent();
  }

  public FileSystem fileSystem() {
    return files;
  }

  /**
   * The same without checksums beside files, for small ones that are replaced while others read
   * them. Where a checksum is for a moment of the file before, Hadoop's local file system takes the
   * file for damaged and moves it away.
   */
  FileSystem plainFiles() {
    return plain;
  }

  /** Returns a path in the folder, whether it exists or not. */
  public Path path(String... names) {
    Path path = folder;
    for (String name : names) {
      path = new Path(path, name);
    }
    return path;
  }

  public Path runFolder(Manifest.Run run) {
    return path("run-" + run.id());
  }

  /**
   * Reads the manifest; {@link Manifest#EMPTY} if there is none. Changes nothing, so that it can be
   * called while another process saves.
   *
   * @throws UserError if it cannot be read
   */
  public Manifest load() {
    for (int look = 1; ; look++) {
      try {
        // The next one is there if a save that has taken effect is under way, or was interrupted.
        Path file = plain.exists(next()) ? next() : current();
        if (plain.exists(file)) {
          return read(file);
        }
        if (look == LOOKS) {
          return Manifest.EMPTY;
        }
      } catch (IOException e) {
        if (look == LOOKS) {
          throw new UserError("Cannot read %s (%s)".formatted(current(), Failures.sentence(e)), e);
        }
      }
      // It may have been renamed in between.
      pause();
    }
  }

  private Manifest read(Path path) throws IOException {
    try (InputStream in = plain.open(path)) {
      Manifest manifest = JSON.readValue(in, Manifest.class);
      if (manifest.version() != Manifest.VERSION) {
        throw new UserError(
            "%s was written by another version of Embark, as layout %d, and this one reads %d; use that version, choose another --output, or delete %s and say --save-mode overwrite"
                .formatted(path, manifest.version(), Manifest.VERSION, folder));
      }
      return manifest;
    }
  }

  private static void pause() {
    try {
      Thread.sleep(MILLIS_BETWEEN_LOOKS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Path current() {
    return path("manifest.json");
  }

  private Path next() {
    return path("manifest.next.json");
  }

  /**
   * Replaces the manifest. Takes effect at one moment, the first rename: after a crash at any point
   * {@link #load} gives the old manifest or the new one. Renames never replace a file, which some
   * file systems cannot.
   */
  void save(Manifest manifest) {
    Path draft = path("manifest.draft.json");
    try {
      try (OutputStream out = plain.create(draft, true)) {
        JSON.writeValue(out, manifest);
      }
      if (plain.exists(next())) {
        // The last save was interrupted after it had taken effect.
        promote();
      }
      rename(plain, draft, next());
      promote();
    } catch (IOException e) {
      throw new UserError("Cannot write to %s (%s)".formatted(folder, Failures.sentence(e)), e);
    }
  }

  private void promote() throws IOException {
    plain.delete(current(), false);
    rename(plain, next(), current());
  }

  /** Renames a file or folder to a name that is not there. */
  void rename(Path from, Path to) throws IOException {
    rename(files, from, to);
  }

  private static void rename(FileSystem files, Path from, Path to) throws IOException {
    if (!files.rename(from, to)) {
      throw new IOException("cannot rename " + from + " to " + to);
    }
  }

  /**
   * Moves each file below a folder to the same place below another, its name lengthened; can be
   * repeated after it was interrupted. Names that begin with {@code _} or {@code .} stay.
   */
  public void moveAll(Path from, Path to, String prefix) {
    try {
      if (!files.exists(from)) {
        return;
      }
      for (Path file : filesBelow(from)) {
        String relative = from.toUri().relativize(file.getParent().toUri()).getPath();
        Path folderThere = relative.isEmpty() ? to : new Path(to, relative);
        files.mkdirs(folderThere);
        Path there = new Path(folderThere, prefix + file.getName());
        if (!isRenamed(file, there) && files.exists(file)) {
          // Only an object store, which copies, can have been interrupted between two halves.
          files.delete(there, false);
          rename(file, there);
        }
      }
    } catch (IOException e) {
      throw new UserError("Cannot write to %s (%s)".formatted(to, Failures.sentence(e)), e);
    }
  }

  /** False also if the file is not there, as another process has moved it. */
  private boolean isRenamed(Path file, Path there) throws IOException {
    try {
      return files.rename(file, there);
    } catch (FileNotFoundException | FileAlreadyExistsException e) {
      return false;
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
  public static boolean isHidden(String name) {
    return name.startsWith(".") || (name.startsWith("_") && !name.contains("="));
  }

  /** Deletes what was kept for other runs than this. */
  public void deleteOtherRuns(Manifest.Run run) {
    try {
      for (FileStatus status : files.listStatus(folder)) {
        String name = status.getPath().getName();
        if (name.startsWith("run-") && !name.equals(runFolder(run).getName())) {
          files.delete(status.getPath(), true);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes the folder if nothing is in it. */
  void deleteIfEmpty() throws IOException {
    if (files.listStatus(folder).length == 0) {
      files.delete(folder, false);
    }
  }

  public void delete(Path path) {
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
