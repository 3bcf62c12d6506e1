package dev.embark.job.changes;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.UserError;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.Paths;
import dev.embark.job.state.StateFolder;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Files of an input with their identities: hashes of path, size and modification time. The list of
 * the last run is in {@code _embark/input-files}, one identity per line, without paths because
 * these may hold credentials.
 */
final class FileList {
  private static final String FOLDER = "input-files";

  /** A file may change again within the time that its file system can resolve. */
  private static final long MILLIS_UNTIL_SETTLED = 2_000;

  private static final int IDENTITY_BYTES = 16;

  /** The list of an input that is not made of files. */
  static final FileList NONE = new FileList(Map.of(), Set.of());

  private final Map<Path, String> identities;
  private final Set<String> settled;

  private FileList(Map<Path, String> identities, Set<String> settled) {
    this.identities = identities;
    this.settled = settled;
  }

  /** Lists files, each of their folders once. A file that has vanished meanwhile is left out. */
  static FileList of(SparkSession spark, Collection<Path> files) {
    long settledBefore = Instant.now().toEpochMilli() - MILLIS_UNTIL_SETTLED;
    Map<Path, Map<Path, FileStatus>> folders = new HashMap<>();
    Map<Path, String> identities = new TreeMap<>();
    Set<String> settled = new TreeSet<>();
    for (Path file : files) {
      FileStatus status =
          folders.computeIfAbsent(file.getParent(), folder -> statuses(spark, folder)).get(file);
      if (status != null) {
        String identity = identity(status);
        identities.put(status.getPath(), identity);
        if (status.getModificationTime() < settledBefore) {
          settled.add(identity);
        }
      }
    }
    return new FileList(identities, settled);
  }

  private static Map<Path, FileStatus> statuses(SparkSession spark, Path folder) {
    Map<Path, FileStatus> statuses = new HashMap<>();
    FileSystem files = Paths.fileSystem(spark, folder);
    try {
      for (FileStatus status : files.listStatus(folder)) {
        statuses.put(status.getPath(), status);
      }
    } catch (FileNotFoundException e) {
      return Map.of();
    } catch (IOException e) {
      throw new UserError("Cannot read %s (%s)".formatted(folder, Failures.sentence(e)), e);
    }
    return statuses;
  }

  private static String identity(FileStatus file) {
    String text = file.getPath() + "\n" + file.getLen() + "\n" + file.getModificationTime();
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, IDENTITY_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  boolean isEmpty() {
    return identities.isEmpty();
  }

  /** Returns the files that a list of identities lacks. */
  List<Path> without(Set<String> known) {
    return identities.entrySet().stream()
        .filter(file -> !known.contains(file.getValue()))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Returns the files that a list of identities has. */
  List<Path> among(Set<String> known) {
    return identities.entrySet().stream()
        .filter(file -> known.contains(file.getValue()))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Returns whether all files of a list of identities are here, unchanged. */
  boolean hasAll(Set<String> known) {
    return new HashSet<>(identities.values()).containsAll(known);
  }

  /** Writes the identities of the files that cannot change unnoticed; returns their position. */
  Manifest.Position write(StateFolder state, String runId) {
    Path file = file(state, runId);
    try (OutputStream out = state.fileSystem().create(file, true)) {
      out.write(String.join("\n", settled).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UserError("Cannot write to %s (%s)".formatted(file, Failures.sentence(e)), e);
    }
    return new Manifest.Position("files", null, runId);
  }

  /**
   * Reads the identities that a run has written.
   *
   * @throws IOException if the list is missing or unreadable
   */
  static Set<String> read(StateFolder state, Manifest.Position position) throws IOException {
    try (InputStream in = state.fileSystem().open(file(state, position.at()))) {
      Set<String> identities = new HashSet<>();
      new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().forEach(identities::add);
      return identities;
    }
  }

  /** Deletes the lists of all other runs. */
  static void keepOnly(StateFolder state, Manifest.Run run) {
    Path own = file(state, run.id());
    try {
      for (FileStatus status : state.fileSystem().listStatus(own.getParent())) {
        if (!status.getPath().getName().equals(own.getName())) {
          state.delete(status.getPath());
        }
      }
    } catch (FileNotFoundException e) {
      // No run has written a list.
    } catch (IOException e) {
      throw new UserError("Cannot read %s (%s)".formatted(own, Failures.sentence(e)), e);
    }
  }

  private static Path file(StateFolder state, String runId) {
    return state.path(FOLDER, runId);
  }
}
