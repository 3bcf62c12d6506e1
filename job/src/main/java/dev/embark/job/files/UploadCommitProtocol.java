package dev.embark.job.files;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.spark.compat.Scala;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.internal.io.FileCommitProtocol;
import org.apache.spark.internal.io.FileNameSpec;
import scala.Option;

/**
 * Writes the files of a Spark write to an object store without renaming any. A task writes to a
 * local disk of its executor. At its commit it either puts each file under its name or, if the
 * write has a {@link #TARGET}, uploads it and leaves the upload open; the commit of the job then
 * lists these uploads in {@link #LIST}. Each attempt of a task writes names of its own, and the
 * commit of the job deletes the files of attempts that Spark has not taken.
 *
 * <p>Spark creates an instance on the driver by its class name and a copy in each task.
 */
public final class UploadCommitProtocol extends FileCommitProtocol implements Serializable {
  private static final long serialVersionUID = 1;

  /** Option of a write: folder in which its files appear once they are published. */
  static final String TARGET = "embark.files.target";

  /** Option of a write: prefix of the names of its files. */
  static final String PREFIX = "embark.files.prefix";

  /** Name of the list of uploads in the folder of a write. */
  static final String LIST = "uploads.json";

  static final ObjectMapper JSON = new ObjectMapper();

  private final String jobId;
  private final String folder;

  // Of a task; null on the driver.
  private transient File local;
  private transient Map<String, File> written; // local files by their path below the target
  private transient List<PendingFile> pending;
  private transient List<String> put; // paths below the folder

  /**
   * Called by Spark.
   *
   * @param jobId unique id of the write
   * @param folder folder that is written to
   * @param dynamicPartitionOverwrite not supported
   */
  public UploadCommitProtocol(String jobId, String folder, boolean dynamicPartitionOverwrite) {
    this.jobId = jobId;
    this.folder = folder;
  }

  @Override
  public void setupJob(JobContext context) {}

  @Override
  public void setupTask(TaskAttemptContext context) {
    written = new TreeMap<>();
    pending = new ArrayList<>();
    put = new ArrayList<>();
  }

  @Override
  public String newTaskTempFile(
      TaskAttemptContext context, Option<String> partition, FileNameSpec name) {
    int task = context.getTaskAttemptID().getTaskID().getId();
    int attempt = context.getTaskAttemptID().getId();
    String file =
        "%spart-%05d-%d-%s%s".formatted(name.prefix(), task, attempt, jobId, name.suffix());
    String prefixed = context.getConfiguration().get(PREFIX, "") + file;
    String path = partition.isEmpty() ? prefixed : partition.get() + "/" + prefixed;
    File there = new File(local(), path);
    written.put(path, there);
    // Its text is not encoded, as Spark's readers of it expect.
    return new Path("file", null, there.getPath()).toString();
  }

  @Override
  @SuppressWarnings("deprecation") // abstract before Spark 4
  public String newTaskTempFile(
      TaskAttemptContext context, Option<String> partition, String extension) {
    return newTaskTempFile(context, partition, new FileNameSpec("", extension));
  }

  @Override
  public String newTaskTempFileAbsPath(
      TaskAttemptContext context, String absoluteFolder, FileNameSpec name) {
    throw new UnsupportedOperationException("only tables of a catalog have such partitions");
  }

  @Override
  @SuppressWarnings("deprecation") // abstract before Spark 4
  public String newTaskTempFileAbsPath(
      TaskAttemptContext context, String absoluteFolder, String extension) {
    return newTaskTempFileAbsPath(context, absoluteFolder, new FileNameSpec("", extension));
  }

  /** Returns the folder of the task in one of the executor's directories for shuffle files. */
  private File local() {
    if (local == null) {
      String[] all = SparkEnv.get().blockManager().diskBlockManager().localDirsString();
      try {
        File any = new File(all[Math.floorMod(Thread.currentThread().hashCode(), all.length)]);
        local = Files.createTempDirectory(any.toPath(), "embark-files-").toFile();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return local;
  }

  @Override
  public TaskCommitMessage commitTask(TaskAttemptContext context) {
    try {
      Configuration conf = context.getConfiguration();
      String target = conf.get(TARGET);
      if (target == null) {
        put(new Path(folder), conf);
      } else {
        upload(new Path(target), conf);
      }
      return new TaskCommitMessage(new ArrayList<Object>(target == null ? put : pending));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      deleteLocal();
    }
  }

  private void put(Path target, Configuration conf) throws IOException {
    FileSystem files = target.getFileSystem(conf);
    for (Map.Entry<String, File> file : written.entrySet()) {
      try (OutputStream out = ObjectStores.create(files, new Path(target, file.getKey()))) {
        Files.copy(file.getValue().toPath(), out);
      }
      put.add(file.getKey());
    }
  }

  private void upload(Path target, Configuration conf) throws IOException {
    try (Uploads uploads = new Uploads(target.getFileSystem(conf), target)) {
      for (Map.Entry<String, File> file : written.entrySet()) {
        pending.add(uploads.begin(file.getKey(), file.getValue()));
      }
    }
  }

  @Override
  public void abortTask(TaskAttemptContext context) {
    String target = context.getConfiguration().get(TARGET);
    if (target != null && !pending.isEmpty()) {
      Path folder = new Path(target);
      try (Uploads uploads =
          new Uploads(folder.getFileSystem(context.getConfiguration()), folder)) {
        for (PendingFile file : pending) {
          uploads.abort(file);
        }
      } catch (IOException e) {
        // An open upload is invisible, and the end of the run aborts it.
      }
    }
    deleteLocal();
  }

  private void deleteLocal() {
    if (local != null) {
      FileUtil.fullyDelete(local);
    }
  }

  /** Implements the method of Scala 2.13. */
  @SuppressWarnings("MissingOverride")
  public void commitJob(
      JobContext context, scala.collection.immutable.Seq<TaskCommitMessage> commits) {
    commitJob(context, (scala.collection.Seq<TaskCommitMessage>) commits);
  }

  /** Implements the method of Scala 2.12. */
  @SuppressWarnings("MissingOverride")
  public void commitJob(JobContext context, scala.collection.Seq<TaskCommitMessage> commits) {
    List<Object> all =
        Scala.list(commits).stream()
            .flatMap(commit -> ((List<?>) commit.obj()).stream())
            .collect(Collectors.toList());
    Configuration conf = context.getConfiguration();
    try {
      FileSystem files = new Path(folder).getFileSystem(conf);
      if (conf.get(TARGET) == null) {
        deleteAllBut(all, files);
      } else {
        try (OutputStream out = ObjectStores.create(files, new Path(folder, LIST))) {
          JSON.writeValue(out, all);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Deletes the files of attempts that have put theirs and then were lost, or came second. Other
   * writes may have added files to the folder.
   */
  private void deleteAllBut(List<Object> committed, FileSystem files) throws IOException {
    Path root = files.makeQualified(new Path(folder));
    Set<Path> kept =
        committed.stream()
            .map(path -> new Path(root, (String) path))
            .collect(Collectors.toUnmodifiableSet());
    deleteAllBut(kept, files, root);
  }

  private void deleteAllBut(Set<Path> kept, FileSystem files, Path in) throws IOException {
    FileStatus[] found;
    try {
      found = files.listStatus(in);
    } catch (FileNotFoundException e) {
      return; // no task has written a file
    }
    for (FileStatus status : found) {
      Path path = status.getPath();
      if (status.isDirectory()) {
        deleteAllBut(kept, files, path);
      } else if (path.getName().contains(jobId) && !kept.contains(path)) {
        files.delete(path, false);
      }
    }
  }

  /**
   * Leaves the files of committed tasks, which nothing refers to, to the deletion of the folder.
   */
  @Override
  public void abortJob(JobContext context) {}
}
