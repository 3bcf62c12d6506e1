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
 * State folder {@code _embark/} of an output, hidden from its readers: the manifest, the quarantine
 * and the temporary data of a run. Works on any Hadoop file system. Changes are restricted to the
 * thread of the process that holds the {@link RunLease}; {@link #load} may be called from any
 * thread.
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

  /** Creates the accessor for the state folder of an output path. */
  public StateFolder(SparkSession spark, String output) {
    Path named = new Path(output, NAME);
    this.files = Paths.fileSystem(spark, named);
    this.folder = files.makeQualified(named);
    this.plain = files instanceof ChecksumFileSystem local ? local.getRawFileSystem() : files;
  }

  Path output() {
    return folder.getParent();
  }

  public FileSystem fileSystem() {
    return files;
  }

  /**
   * Returns the file system without checksum files, for small files that are replaced while others
   * read them. Hadoop's local file system treats a file with an outdated checksum as corrupt and
   * moves it away.
   */
  FileSystem plainFiles() {
    return plain;
  }

  /** Returns a path in the state folder, which need not exist. */
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
   * Reads the manifest; returns {@link Manifest#EMPTY} if there is none. Read-only, so it is safe
   * while another process saves.
   *
   * @throws UserError if the manifest cannot be read
   */
  public Manifest load() {
    for (int look = 1; ; look++) {
      try {
        // manifest.next.json exists if a save that took effect is in progress or was interrupted.
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
      // The file may have been renamed between the check and the read.
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
   * Replaces the manifest atomically. The first rename takes effect: after a crash at any point
   * {@link #load} returns either the old manifest or the new one. No rename replaces an existing
   * file, which some file systems do not support.
   */
  void save(Manifest manifest) {
    Path draft = path("manifest.draft.json");
    try {
      try (OutputStream out = plain.create(draft, true)) {
        JSON.writeValue(out, manifest);
      }
      if (plain.exists(next())) {
        // The previous save took effect but was interrupted.
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

  /** Renames a file or folder to a path that does not exist. */
  void rename(Path from, Path to) throws IOException {
    rename(files, from, to);
  }

  private static void rename(FileSystem files, Path from, Path to) throws IOException {
    if (!files.rename(from, to)) {
      throw new IOException("cannot rename " + from + " to " + to);
    }
  }

  /**
   * Moves every file below a folder to the same relative path below another, with a prefix added to
   * its name. Can be repeated after an interruption. Names that start with {@code _} or {@code .}
   * are skipped.
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
          // Only on an object store, where a rename copies, can source and target both exist.
          files.delete(there, false);
          rename(file, there);
        }
      }
    } catch (IOException e) {
      throw new UserError("Cannot write to %s (%s)".formatted(to, Failures.sentence(e)), e);
    }
  }

  /** Returns false also if the source is missing because another process has moved it. */
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

  /** Returns whether Spark's readers skip the name. */
  public static boolean isHidden(String name) {
    return name.startsWith(".") || (name.startsWith("_") && !name.contains("="));
  }

  /** Deletes the temporary data of all runs except this one. */
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

  /** Deletes the state folder if it is empty. */
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
