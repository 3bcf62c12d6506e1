package dev.embark.job.run;

import dev.embark.job.sink.Sink;
import dev.embark.job.state.LeasedOutput;
import dev.embark.job.state.Paths;
import dev.embark.job.state.StateFolder;
import java.io.IOException;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * An output without a state folder before a run, so that a run that is refused can remove what it
 * has created.
 */
final class NewOutput {
  private final Sink sink;
  private final Optional<Path> topmost;

  private NewOutput(Sink sink, Optional<Path> topmost) {
    this.sink = sink;
    this.topmost = topmost;
  }

  /** Returns the output of a sink if it has no state folder. */
  static Optional<NewOutput> of(SparkSession spark, Sink sink) {
    Optional<StateFolder> state = sink.state();
    if (state.isEmpty()) {
      return Optional.of(new NewOutput(sink, Optional.empty()));
    }
    Path folder = state.get().path();
    if (Paths.exists(spark, folder.toString())) {
      return Optional.empty();
    }
    Path missing = folder;
    while (missing.getParent() != null && !Paths.exists(spark, missing.getParent().toString())) {
      missing = missing.getParent();
    }
    return Optional.of(new NewOutput(sink, Optional.of(missing)));
  }

  /**
   * Removes the output and releases its lease. Does its best: the failure that led here is the one
   * to report.
   */
  void remove(LeasedOutput held) {
    StateFolder state = held.state();
    FileSystem files = state.fileSystem();
    try {
      if (topmost.isEmpty()) {
        sink.discard();
        held.close();
        return;
      }
      for (FileStatus status : files.listStatus(state.path())) {
        if (status.isDirectory() && !status.getPath().getName().equals(StateFolder.LOG)) {
          files.delete(status.getPath(), true);
        }
      }
      held.close();
      Path folder = state.path();
      while (folder.depth() >= topmost.get().depth()
          && (!files.exists(folder) || isDeleted(files, folder))) {
        folder = folder.getParent();
      }
    } catch (IOException | RuntimeException e) {
      held.close();
    }
  }

  private static boolean isDeleted(FileSystem files, Path folder) throws IOException {
    return files.listStatus(folder).length == 0 && files.delete(folder, false);
  }
}
