package dev.embark.store.file;

import dev.embark.imports.FolderFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A model folder on a local file system, which is read in place. */
public final class LocalFolder implements SourceFolder {
  private final Path folder;
  private final List<String> needed;
  private final String version;
  private final long size;

  /**
   * @throws IOException if it is no model folder or cannot be listed
   */
  public LocalFolder(Path folder) throws IOException {
    this.folder = folder.toRealPath();
    checkIsNotRepository(this.folder);
    this.needed = FolderFiles.needed(files(this.folder));
    this.version = currentVersion();
    long bytes = 0;
    for (String file : needed) {
      bytes += Files.size(this.folder.resolve(file));
    }
    this.size = bytes;
  }

  /**
   * The model folder that a file belongs to, in which it may be in a subfolder such as {@code
   * onnx}; empty if there is none.
   */
  static Optional<String> around(Path file) {
    Path parent = file.toAbsolutePath().normalize().getParent();
    for (int i = 0; i < 2 && parent != null; i++, parent = parent.getParent()) {
      String[] files = parent.toFile().list();
      if (files != null
          && !FolderFiles.isModule(String.valueOf(parent.getFileName()))
          && FolderFiles.isModelFolder(Arrays.asList(files))) {
        return Optional.of(parent.toString());
      }
    }
    return Optional.empty();
  }

  /**
   * Refuses the folder of a repository in the cache of the Hub's own tools, which has a folder for
   * each revision.
   */
  private static void checkIsNotRepository(Path folder) throws IOException {
    Path snapshots = folder.resolve("snapshots");
    if (!Files.isDirectory(snapshots) || Files.exists(folder.resolve(FolderFiles.CONFIG))) {
      return;
    }
    Path main = folder.resolve("refs").resolve("main");
    Path commit =
        Files.isRegularFile(main) ? snapshots.resolve(Files.readString(main).strip()) : snapshots;
    Optional<Path> newest =
        commit.equals(snapshots) || !Files.isDirectory(commit)
            ? children(snapshots).stream()
                .filter(Files::isDirectory)
                .max(Comparator.comparingLong(child -> child.toFile().lastModified()))
            : Optional.of(commit);
    if (newest.isPresent()) {
      throw new IOException(
          "it is a repository in the cache of the Hub, not a model; name its snapshot "
              + newest.get());
    }
  }

  private static List<String> files(Path folder) throws IOException {
    List<String> files = new ArrayList<>();
    for (Path child : children(folder)) {
      String name = child.getFileName().toString();
      if (!Files.isDirectory(child)) {
        files.add(name);
      } else if (FolderFiles.isModule(name)) {
        for (Path file : children(child)) {
          files.add(name + "/" + file.getFileName());
        }
      }
    }
    return files;
  }

  private static List<Path> children(Path folder) throws IOException {
    try (Stream<Path> children = Files.list(folder)) {
      return children.toList();
    }
  }

  private String currentVersion() throws IOException {
    StringBuilder files = new StringBuilder(folder.toString());
    for (String file : needed) {
      files.append('\n').append(file).append('\n').append(FileIdentity.of(folder.resolve(file)));
    }
    return files.toString();
  }

  @Override
  public String name() {
    return folder.getFileName() == null ? "model" : folder.getFileName().toString();
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public Path fetch(Path staging) {
    return folder;
  }

  @Override
  public void checkUnchanged() throws IOException {
    if (!currentVersion().equals(version)) {
      throw new IOException("it changed while it was read; try again when it is whole");
    }
  }
}
