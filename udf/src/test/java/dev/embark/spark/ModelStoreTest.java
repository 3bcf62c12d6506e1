package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.EmbeddingException;
import dev.embark.engine.Sha256;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelStoreTest {
  private static final String DEFAULT_MODEL =
      "classpath:dev/embark/model/all-MiniLM-L6-v2-f16.gguf";

  private static SparkSession spark;

  /** A file system that is not the local one to Hadoop; its files are local ones. */
  public static final class LakeFileSystem extends RawLocalFileSystem {
    @Override
    public URI getUri() {
      return URI.create("lake:///");
    }
  }

  @BeforeAll
  static void start() {
    spark = TestSession.start("local[2]");
    // What a user would give as spark.hadoop.fs.lake.impl before the start.
    spark
        .sparkContext()
        .env()
        .conf()
        .set("spark.hadoop.fs.lake.impl", LakeFileSystem.class.getName());
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  @Test
  void theDefaultModelComesFromTheClassPathWithTheHashThatIsToldBesideIt() throws IOException {
    Path file = ModelStore.fetch(DEFAULT_MODEL, Optional.empty());
    assertThat(file).isRegularFile();
    String told =
        new String(
                ModelStoreTest.class
                    .getResourceAsStream("/dev/embark/model/all-MiniLM-L6-v2-f16.gguf.sha256")
                    .readAllBytes(),
                java.nio.charset.StandardCharsets.UTF_8)
            .split("\\s+")[0];
    assertThat(Sha256.of(file)).isEqualTo(told);
    assertThat(ModelStore.fetch(DEFAULT_MODEL, Optional.of(told))).isEqualTo(file);
  }

  @Test
  void aLocalFileIsUsedWhereItIs(@TempDir Path dir) throws IOException {
    Path file = Files.writeString(dir.resolve("a model.gguf"), "x");
    assertThat(ModelStore.fetch(file.toString(), Optional.empty())).isEqualTo(file);
    assertThat(ModelStore.fetch(file.toUri().toString(), Optional.empty())).isEqualTo(file);
    assertThat(ModelStore.fetch("file:" + file, Optional.empty())).isEqualTo(file);
  }

  @Test
  void aFileOfAnotherFileSystemIsCopiedOnceAndAgainWhenItChanges(@TempDir Path dir)
      throws IOException {
    Path original = Files.writeString(dir.resolve("m.gguf"), "first");
    String uri = "lake://" + original;
    Path copy = ModelStore.fetch(uri, Optional.empty());
    assertThat(copy).isNotEqualTo(original).hasContent("first");
    assertThat(ModelStore.fetch(uri, Optional.empty())).isEqualTo(copy);
    Files.writeString(original, "second, longer");
    Path second = ModelStore.fetch(uri, Optional.empty());
    assertThat(second).isNotEqualTo(copy).hasContent("second, longer");
    assertThat(copy).hasContent("first");
    Files.delete(copy);
    Files.delete(second);
  }

  @Test
  void aModelOnAnotherFileSystemEmbeds() {
    Path file = ModelStore.fetch(DEFAULT_MODEL, Optional.empty());
    assertThat(
            spark
                .sql("SELECT embed('x', map('model', 'lake://" + file + "')) = embed('x')")
                .head()
                .getBoolean(0))
        .isTrue();
  }

  @Test
  void aWrongHashIsRefusedWithBothValues(@TempDir Path dir) throws IOException {
    Path file = Files.writeString(dir.resolve("m.gguf"), "abc");
    String asked = "0".repeat(64);
    assertThatThrownBy(() -> ModelStore.fetch(file.toString(), Optional.of(asked)))
        .isInstanceOf(EmbeddingException.class)
        .hasMessageContaining(asked)
        .hasMessageContaining("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }

  @Test
  void whatIsNotThereIsNamed(@TempDir Path dir) {
    assertThatThrownBy(() -> ModelStore.fetch("classpath:no/such.gguf", Optional.empty()))
        .hasMessageContaining("classpath:no/such.gguf");
    assertThatThrownBy(() -> ModelStore.fetch("lake://" + dir + "/none.gguf", Optional.empty()))
        .hasMessageContaining("none.gguf");
    assertThatThrownBy(() -> ModelStore.fetch("nowhere:/m.gguf", Optional.empty()))
        .isInstanceOf(EmbeddingException.class)
        .hasMessageContaining("nowhere");
    assertThatThrownBy(
            () ->
                spark
                    .sql("SELECT embed('x', map('model', '" + dir + "/none.gguf'))")
                    .collectAsList())
        .hasStackTraceContaining("none.gguf")
        .hasStackTraceContaining("there is no such model file");
  }
}
