package dev.embark.job.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.LocalSpark;
import dev.embark.spark.compat.Scala;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.hadoop.mapreduce.TaskAttemptID;
import org.apache.hadoop.mapreduce.TaskType;
import org.apache.hadoop.mapreduce.task.JobContextImpl;
import org.apache.hadoop.mapreduce.task.TaskAttemptContextImpl;
import org.apache.spark.internal.io.FileCommitProtocol.TaskCommitMessage;
import org.apache.spark.internal.io.FileNameSpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.Option;

class UploadCommitProtocolTest {
  private static final String JOB = "a-job";

  @TempDir private Path folder;

  @BeforeEach
  void startSpark() {
    LocalSpark.session(); // its local directories are used
  }

  /** Commits one attempt of the first task, which writes a file for each content. */
  private TaskCommitMessage attempt(int number, String partition, String... contents)
      throws IOException {
    UploadCommitProtocol protocol = new UploadCommitProtocol(JOB, folder.toString(), false);
    TaskAttemptContext context =
        new TaskAttemptContextImpl(
            LocalSpark.session().sparkContext().hadoopConfiguration(),
            new TaskAttemptID("spark", 1, TaskType.MAP, 0, number));
    protocol.setupTask(context);
    for (int i = 0; i < contents.length; i++) {
      String file =
          protocol.newTaskTempFile(
              context, Option.apply(partition), new FileNameSpec("", "-c00%d.txt".formatted(i)));
      Path local = Path.of(URI.create(file).getPath());
      Files.createDirectories(local.getParent());
      Files.writeString(local, contents[i]);
    }
    return protocol.commitTask(context);
  }

  private void commit(TaskCommitMessage taken) {
    new UploadCommitProtocol(JOB, folder.toString(), false)
        .commitJob(
            new JobContextImpl(LocalSpark.session().sparkContext().hadoopConfiguration(), null),
            Scala.seq(List.of(taken)));
  }

  private List<String> contents() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".txt"))
          .map(
              file -> {
                try {
                  return Files.readString(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              })
          .sorted()
          .toList();
    }
  }

  @Test
  void onlyTheFilesOfTheAttemptThatSparkTakesRemain() throws IOException {
    Files.writeString(folder.resolve("of-another-write.txt"), "another write");
    attempt(0, "p=1", "rows 1 to 3", "rows 4 to 6", "row 7");
    TaskCommitMessage taken = attempt(1, "p=1", "rows 7 to 5", "rows 4 to 1");
    attempt(2, "p=2", "rows 2 to 4", "the others");

    commit(taken);

    assertThat(contents()).containsExactly("another write", "rows 4 to 1", "rows 7 to 5");
  }

  @Test
  void aWriteWithoutFilesIsCommitted() throws IOException {
    commit(attempt(0, null));

    assertThat(contents()).isEmpty();
  }
}
