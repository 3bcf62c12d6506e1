package dev.embark.job.state;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.job.cli.Failures;
import dev.embark.job.cli.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * State folder {@code _embark/} of an output, hidden from its readers: the log of its state, the
 * quarantine and the temporary data of a run. Works on any Hadoop file system. Changes are
 * restricted to the thread of the process that holds the {@link RunLease}; {@link #load} may be
 * called from any thread.
 */
public final class StateFolder {
  public static final String NAME = "_embark";

  /** Writes and reads the JSON files of the folder. Thread-safe. */
  static final ObjectMapper JSON =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  /** Folder of the state's versions, which the lease removes when it is released. */
  public static final String LOG = "log";

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

  /** Returns the log of the state's versions. */
  StateLog log() {
    return new StateLog(plain, path(LOG));
  }

  /**
   * Reads the state; returns {@link Manifest#EMPTY} if there is none. Read-only, so it is safe
   * while another process writes.
   *
   * @throws UserError if the state cannot be read
   */
  public Manifest load() {
    try {
      return manifest(log().newest());
    } catch (IOException e) {
      throw new UserError("Cannot read %s (%s)".formatted(folder, Failures.sentence(e)), e);
    }
  }

  /** Returns the state at a version of the log, which earlier versions of Embark did not write. */
  Manifest manifest(StateLog.Version version) throws IOException {
    if (version.content().isPresent()) {
      return version.content().get().manifest();
    }
    Optional<LegacyManifest> there = LegacyManifest.read(this);
    if (there.isPresent()) {
      return there.get().manifest();
    }
    if (!LegacyManifest.isMarked(this)) {
      return Manifest.EMPTY;
    }
    // The log may have begun since.
    return log()
        .newest()
        .content()
        .map(StateLog.Content::manifest)
        .orElseThrow(
            () ->
                new UserError(
                    "%s is missing, in which Embark keeps the state of the output; restore it, choose another --output, or delete %s and set --save-mode overwrite"
                        .formatted(path(LOG), folder)));
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
    if (files.exists(folder) && files.listStatus(folder).length == 0) {
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
