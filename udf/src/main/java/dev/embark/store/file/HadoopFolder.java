package dev.embark.store.file;

import dev.embark.imports.FolderFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A model folder on any Hadoop file system, copied to the local disk before it is read. Opens file
 * systems as {@link HadoopFile} does.
 */
public final class HadoopFolder implements SourceFolder {
  private final Path folder;
  private final Configuration configuration;
  private final Map<String, FileStatus> needed;

  /**
   * @throws IOException if it is no model folder or cannot be listed
   */
  public HadoopFolder(Path folder, Configuration configuration) throws IOException {
    this.folder = folder;
    this.configuration = configuration;
    this.needed = list();
  }

  private Map<String, FileStatus> list() throws IOException {
    Map<String, FileStatus> files = new TreeMap<>();
    try (FileSystem system = FileSystem.newInstance(folder.toUri(), configuration)) {
      for (FileStatus child : system.listStatus(folder)) {
        String name = child.getPath().getName();
        if (!child.isDirectory()) {
          files.put(name, child);
        } else if (FolderFiles.isModule(name)) {
          for (FileStatus file : system.listStatus(child.getPath())) {
            files.put(name + "/" + file.getPath().getName(), file);
          }
        }
      }
    }
    files.keySet().retainAll(FolderFiles.needed(files.keySet()));
    return files;
  }

  @Override
  public String name() {
    return folder.getName().isEmpty() ? "model" : folder.getName();
  }

  @Override
  public String version() {
    return version(needed);
  }

  private String version(Map<String, FileStatus> files) {
    StringBuilder version = new StringBuilder(folder.toString());
    files.forEach(
        (name, status) ->
            version
                .append('\n')
                .append(name)
                .append('\n')
                .append(status.getLen())
                .append('\n')
                .append(status.getModificationTime()));
    return version.toString();
  }

  @Override
  public long size() {
    return needed.values().stream().mapToLong(FileStatus::getLen).sum();
  }

  @Override
  public java.nio.file.Path fetch(java.nio.file.Path staging) throws IOException {
    try (FileSystem system = FileSystem.newInstance(folder.toUri(), configuration)) {
      for (Map.Entry<String, FileStatus> entry : needed.entrySet()) {
        java.nio.file.Path copy = staging.resolve(entry.getKey());
        Files.createDirectories(copy.getParent());
        try (InputStream in = system.open(entry.getValue().getPath());
            OutputStream out = Files.newOutputStream(copy)) {
          OptionalLong size = OptionalLong.of(entry.getValue().getLen());
          new Progress(entry.getKey(), 0, size, () -> {}).copy(in, out);
        }
      }
    }
    return staging;
  }

  @Override
  public void checkUnchanged() throws IOException {
    if (!version(list()).equals(version())) {
      throw new IOException("it changed while it was copied; try again when it is whole");
    }
  }
}
