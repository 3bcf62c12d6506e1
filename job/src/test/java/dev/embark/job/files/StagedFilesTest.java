package dev.embark.job.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.LocalSpark;
import dev.embark.job.TestStore;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagedFilesTest {
  @TempDir private Path folder;

  private org.apache.hadoop.fs.Path path(String name) {
    return new org.apache.hadoop.fs.Path("file", null, folder.resolve(name).toString());
  }

  @Test
  void movingFilesCanBeRepeatedAfterItWasInterrupted() throws IOException {
    Path from = Files.createDirectories(folder.resolve("from/topic=a b%3A"));
    Files.writeString(from.resolve("part-0"), "moved before");
    Files.writeString(folder.resolve("from/_SUCCESS"), "");
    FileSystem files =
        path("from").getFileSystem(LocalSpark.session().sparkContext().hadoopConfiguration());
    StagedFiles staged = new StagedFiles(files, path("from"), path("to"), "w0-");
    staged.publish();
    Files.writeString(from.resolve("part-1"), "left");

    assertThat(staged.publish()).isTrue();

    Path to = folder.resolve("to");
    assertThat(to.resolve("topic=a b%3A/w0-part-0")).hasContent("moved before");
    assertThat(to.resolve("topic=a b%3A/w0-part-1")).hasContent("left");
    assertThat(to.resolve("w0-_SUCCESS")).doesNotExist();
  }

  @Test
  void aProtocolThatIsSetIsKeptWhereThereAreNoUploads() {
    SparkSession spark = LocalSpark.session();
    String output = TestStore.output(folder.resolve("out"));
    DataFrameWriter<Row> rows = spark.range(3).toDF("id").write().mode("overwrite");
    TestStore.hasUploads = false;
    ScratchFiles.write(spark, rows, new org.apache.hadoop.fs.Path(output));
    assertThat(TestStore.RENAMES).isEmpty();

    String conf = "spark.sql.sources.commitProtocolClass";
    spark.conf().set(conf, "org.apache.spark.internal.io.HadoopMapReduceCommitProtocol");
    try {
      ScratchFiles.write(spark, rows, new org.apache.hadoop.fs.Path(output));
      assertThat(TestStore.RENAMES).isNotEmpty();
      TestStore.output(folder.resolve("out"));
      ScratchFiles.write(spark, rows, new org.apache.hadoop.fs.Path(output));
      assertThat(TestStore.RENAMES).isEmpty();
      assertThat(spark.conf().get(conf)).endsWith(".HadoopMapReduceCommitProtocol");
    } finally {
      spark.conf().unset(conf);
    }
    assertThat(spark.read().parquet(output).count()).isEqualTo(3);
  }

  @Test
  void aLargeFileIsUploadedInPartsAndCompletedOnce() throws IOException {
    byte[] content = new byte[(33 << 20) + 1];
    new Random(1).nextBytes(content);
    File local = Files.write(folder.resolve("local"), content).toFile();
    org.apache.hadoop.fs.Path target =
        new org.apache.hadoop.fs.Path(TestStore.output(folder.resolve("to")));
    FileSystem files =
        target.getFileSystem(LocalSpark.session().sparkContext().hadoopConfiguration());
    try (Uploads uploads = new Uploads(files, target)) {
      PendingFile large = uploads.begin("a=1/large", local);
      PendingFile empty =
          uploads.begin("empty", Files.createFile(folder.resolve("no bytes")).toFile());
      uploads.begin("left", local);
      assertThat(folder.resolve("to")).doesNotExist();

      assertThat(uploads.complete(List.of(large, empty))).isTrue();
      assertThat(uploads.complete(List.of(large, empty))).isTrue();
      uploads.abortAll();

      assertThat(large.parts()).hasSize(3);
      assertThat(folder.resolve("to/a=1/large")).hasBinaryContent(content);
      assertThat(folder.resolve("to/empty")).isEmptyFile();
      assertThat(TestStore.open()).isZero();
      Files.delete(folder.resolve("to/empty"));
      assertThat(uploads.complete(List.of(large, empty))).isFalse();
    }
  }
}
