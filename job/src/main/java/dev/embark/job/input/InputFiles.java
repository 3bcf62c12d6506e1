package dev.embark.job.input;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.InputFormat;
import dev.embark.job.cli.UserError;
import dev.embark.job.files.FileNames;
import dev.embark.job.state.Paths;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Files of an input as Spark's readers select them by name. Without a message, the readers skip
 * hidden files, files in subfolders that are no partitions, and files next to partitions.
 */
final class InputFiles {
  /** Maximum number of folders listed, top-most first, because each costs a request. */
  private static final int MOST_FOLDERS = 100;

  private static final int NAMES_SHOWN = 5;

  private final SparkSession spark;
  private final String input;
  private final Deque<Folder> folders = new ArrayDeque<>();
  private final List<Path> inFolder = new ArrayList<>();
  private final List<Path> inPartitions = new ArrayList<>();
  private final List<Path> inSubfolders = new ArrayList<>();
  private final List<Path> hidden = new ArrayList<>();

  /** Position of a folder below an input. */
  private enum Level {
    INPUT,
    PARTITION,
    SUBFOLDER
  }

  private record Folder(Path path, Level level) {}

  private InputFiles(SparkSession spark, String input) {
    this.spark = spark;
    this.input = input;
  }

  /**
   * Lists the files of an input.
   *
   * @param input path or glob that matches something
   * @throws UserError if the input cannot be listed
   */
  static InputFiles of(SparkSession spark, String input) {
    InputFiles found = new InputFiles(spark, input);
    found.list();
    return found;
  }

  private void list() {
    for (String match : Paths.matches(spark, input)) {
      Path path = new Path(match);
      if (Paths.isFolder(spark, path)) {
        folders.add(new Folder(path, Level.INPUT));
      } else {
        addFile(path, Level.INPUT);
      }
    }
    for (int count = 0; count < MOST_FOLDERS && !folders.isEmpty(); count++) {
      Folder folder = folders.remove();
      for (FileStatus status : statuses(folder.path())) {
        add(status, folder.level());
      }
    }
  }

  private FileStatus[] statuses(Path folder) {
    try {
      return Paths.fileSystem(spark, folder).listStatus(folder);
    } catch (IOException e) {
      throw new UserError("Cannot read %s (%s)".formatted(folder, Failures.sentence(e)), e);
    }
  }

  private void add(FileStatus status, Level in) {
    Path path = status.getPath();
    if (!status.isDirectory()) {
      addFile(path, in);
    } else if (!FileNames.isHidden(path.getName())) {
      boolean isPartition = in != Level.SUBFOLDER && path.getName().contains("=");
      folders.add(new Folder(path, isPartition ? Level.PARTITION : Level.SUBFOLDER));
    }
  }

  private void addFile(Path path, Level in) {
    if (FileNames.isHidden(path.getName())) {
      // Other hidden files, such as _SUCCESS and checksums, hold no rows.
      if (InputFormat.ofExtension(path.getName()).isPresent()) {
        hidden.add(path);
      }
      return;
    }
    switch (in) {
      case INPUT -> inFolder.add(path);
      case PARTITION -> inPartitions.add(path);
      case SUBFOLDER -> inSubfolders.add(path);
    }
  }

  /** Returns the first file that Spark reads; empty if the listing was cut short before it. */
  Optional<Path> first() {
    return visible().findFirst();
  }

  /** Returns the files that are not hidden. */
  Stream<Path> visible() {
    return Stream.of(inFolder, inPartitions, inSubfolders).flatMap(List::stream);
  }

  /**
   * Rejects files that Spark's readers would skip or cannot open because of their names.
   *
   * @param options reader options
   * @throws UserError naming the files
   */
  void check(Map<String, String> options) {
    Map<String, String> given = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    given.putAll(options);
    List<Path> withColon = visible().filter(path -> path.getName().contains(":")).toList();
    if (!withColon.isEmpty()) {
      throw new UserError(
          "%s has files with a colon in their names, which Hadoop cannot open: %s; rename them"
              .formatted(input, names(withColon)));
    }
    if (visible().findAny().isEmpty() && folders.isEmpty()) {
      throw new UserError(
          hidden.isEmpty()
              ? "%s has no files to read; check --input".formatted(input)
              : "%s has only hidden files, which Spark does not read: %s; rename them so that their names begin with neither _ nor a dot"
                  .formatted(input, names(hidden)));
    }
    if (!Boolean.parseBoolean(given.get("recursiveFileLookup"))) {
      refuseSkippedFolders();
    }
  }

  private void refuseSkippedFolders() {
    if (!inSubfolders.isEmpty()) {
      throw new UserError(
          "%s has files in subfolders, which Spark skips unless they are partitions such as key=value: %s; set --input-option recursiveFileLookup=true to read them, or leave them out with a glob"
              .formatted(
                  input,
                  shown(inSubfolders, path -> path.getParent().getName() + "/" + path.getName())));
    }
    if (!inFolder.isEmpty() && !inPartitions.isEmpty()) {
      throw new UserError(
          "%s has files next to the partition folder %s, which Spark skips: %s; move them into a partition, or read both with --input-option recursiveFileLookup=true"
              .formatted(input, inPartitions.get(0).getParent().getName(), names(inFolder)));
    }
  }

  /** Returns the warning about hidden files next to those that are read, if there are any. */
  Optional<String> warning() {
    return hidden.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s of %s %s not read, because readers skip names that begin with _ or a dot: %s"
                .formatted(
                    hidden.size() == 1 ? "1 file" : hidden.size() + " files",
                    input,
                    hidden.size() == 1 ? "is" : "are",
                    names(hidden)));
  }

  private static String names(List<Path> paths) {
    return shown(paths, Path::getName);
  }

  private static String shown(List<Path> paths, Function<Path, String> name) {
    return paths.stream().limit(NAMES_SHOWN).map(name).collect(Collectors.joining(", "))
        + (paths.size() > NAMES_SHOWN ? ", …" : "");
  }
}
