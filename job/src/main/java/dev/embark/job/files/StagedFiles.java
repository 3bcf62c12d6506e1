package dev.embark.job.files;

import com.fasterxml.jackson.core.type.TypeReference;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/** Files that are written where no reader sees them, and then published under their names. */
public final class StagedFiles {
  private final FileSystem files;
  private final Path staging;
  private final Path target;
  private final String prefix;

  /**
   * @param staging folder of these files alone, below a name that readers skip
   * @param target folder in which they appear
   * @param prefix prefix of their names there
   */
  public StagedFiles(FileSystem files, Path staging, Path target, String prefix) {
    this.files = files;
    this.staging = staging;
    this.target = target;
    this.prefix = prefix;
  }

  /** Writes the files and replaces those of an earlier attempt. */
  public void write(SparkSession spark, DataFrameWriter<Row> rows) throws IOException {
    if (ObjectStores.hasUploads(files, target)) {
      // Of an earlier attempt, there is only a list, which is replaced.
      ScratchFiles.save(
          spark,
          rows.mode(SaveMode.Append),
          staging,
          Map.of(
              UploadCommitProtocol.TARGET, target.toString(), UploadCommitProtocol.PREFIX, prefix));
    } else {
      ScratchFiles.write(spark, rows.mode(SaveMode.Overwrite), staging);
    }
  }

  /**
   * Publishes the files; can be repeated after an interruption.
   *
   * @return false if some of them are gone, because the object store has aborted their uploads;
   *     then they have to be written again, and those that were published have to be deleted
   */
  public boolean publish() throws IOException {
    if (ObjectStores.hasUploads(files, target)) {
      Path list = new Path(staging, UploadCommitProtocol.LIST);
      try (InputStream in = files.open(list);
          Uploads uploads = new Uploads(files, target)) {
        return uploads.complete(
            UploadCommitProtocol.JSON.readValue(in, new TypeReference<List<PendingFile>>() {}));
      } catch (FileNotFoundException e) {
        // An earlier version of Embark has written files.
      }
    }
    moveAll();
    return true;
  }

  /** Deletes the files that were published under this prefix. */
  public void withdraw() throws IOException {
    if (!files.exists(target)) {
      return;
    }
    for (Path file : filesBelow(target)) {
      if (file.getName().startsWith(prefix)) {
        files.delete(file, false);
      }
    }
  }

  /** Frees the space of uploads below a folder that were not completed; a no-op elsewhere. */
  public static void abortUploads(FileSystem files, Path folder) {
    try {
      if (ObjectStores.hasUploads(files, folder)) {
        try (Uploads uploads = new Uploads(files, folder)) {
          uploads.abortAll();
        }
      }
    } catch (IOException e) {
      // They are invisible and cost space only; it takes a permission that nothing else needs.
    }
  }

  /** Moves every file to the same path below the target, except hidden ones. */
  private void moveAll() throws IOException {
    if (!files.exists(staging)) {
      return;
    }
    for (Path file : filesBelow(staging)) {
      String relative = staging.toUri().relativize(file.getParent().toUri()).getPath();
      Path folder = relative.isEmpty() ? target : new Path(target, relative);
      files.mkdirs(folder);
      Path there = new Path(folder, prefix + file.getName());
      if (!isRenamed(file, there) && files.exists(file)) {
        // Only on an object store, where a rename copies, can source and target both exist.
        files.delete(there, false);
        if (!files.rename(file, there)) {
          throw new IOException("cannot rename " + file + " to " + there);
        }
      }
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
      if (FileNames.isHidden(status.getPath().getName())) {
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
}
