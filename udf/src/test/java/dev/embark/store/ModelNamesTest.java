package dev.embark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.rows.EmbarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names that are no model, each answered with what to write. */
class ModelNamesTest {
  @TempDir private Path dir;

  private EmbarkException refusal(String uri) {
    ModelStore store =
        new ModelStore(StoreSettings.of(dir.resolve("cache"), 1L << 30, List.of(), true, Map.of()));
    ModelPlaces places = new ModelPlaces(name -> Optional.empty(), new Configuration(false));
    List<EmbarkException> refusals = new java.util.ArrayList<>();
    assertThatThrownBy(() -> store.open(uri, Optional.empty(), places).close())
        .isInstanceOfSatisfying(EmbarkException.class, refusals::add);
    // The check of a query, before it runs.
    assertThatThrownBy(() -> ModelStore.local(uri, places))
        .hasMessage(refusals.get(0).getMessage());
    return refusals.get(0);
  }

  @ParameterizedTest
  @CsvSource({
    "sentence-transformers/all-MiniLM-L6-v2, hf:sentence-transformers/all-MiniLM-L6-v2",
    "BAAI/bge-m3@v1, hf:BAAI/bge-m3@v1",
    "huggingface.co/BAAI/bge-m3, hf:BAAI/bge-m3",
    "hf.co/ggml-org/x-GGUF:Q8_0, hf:ggml-org/x-GGUF",
    "Qwen/Q-GGUF/Q-f16.gguf, hf:Qwen/Q-GGUF/Q-f16.gguf",
    "all-MiniLM-L6-v2, hf:sentence-transformers/all-MiniLM-L6-v2",
    "bge-small-en-v1.5, hf:BAAI/bge-small-en-v1.5",
    "multilingual-e5-large, hf:intfloat/multilingual-e5-large"
  })
  void aNameOfTheHubIsAnsweredWithItsSpelling(String name, String spelling) {
    assertThat(refusal(name))
        .hasMessage(
            "The model %s cannot be fetched: there is no such model file; for the model of that name on the Hugging Face Hub write %s."
                .formatted(name, spelling));
  }

  @Test
  void aNameThatNobodyKnowsGetsTheForm() {
    assertThat(refusal("my-model"))
        .hasMessageContaining(
            "there is no such model file; a model on the Hugging Face Hub is written hf:org/repo.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"models/m.gguf", "m.gguf", "./org/repo", "../org/repo", "/org/repo", "a b"})
  void aPathIsNotTakenForANameOfTheHub(String path) {
    assertThat(refusal(path)).message().endsWith("there is no such model file.");
  }

  @Test
  void aFileOfAModelFolderIsAnsweredWithTheFolder() throws IOException {
    Files.writeString(dir.resolve("config.json"), "{}");
    Files.createDirectories(dir.resolve("onnx"));
    Files.createDirectories(dir.resolve("1_Pooling"));
    for (String part :
        List.of(
            "model.safetensors",
            "model-00001-of-00002.safetensors",
            "model.safetensors.index.json",
            "config.json",
            "tokenizer.json",
            "1_Pooling/config.json")) {
      Path file = Files.writeString(dir.resolve(part), "x");
      assertThat(refusal(file.toString()))
          .as(part)
          .message()
          .endsWith("cannot be imported: it is one file of a model folder; name " + dir + ".");
    }
    for (String other : List.of("onnx/model.onnx", "tf_model.h5", "pytorch_model.bin", "x.ckpt")) {
      Path file = Files.writeString(dir.resolve(other), "x");
      assertThat(refusal(file.toString()))
          .as(other)
          .message()
          .contains(
              "Embark does not read " + file.getFileName(),
              "if its folder has model.safetensors, name " + dir + ", otherwise use a GGUF file");
    }
  }

  @Test
  void aFileOfAnotherFormatWithoutAFolder() throws IOException {
    Path onnx =
        Files.writeString(Files.createDirectories(dir.resolve("a/b/c")).resolve("m.onnx"), "");
    assertThat(refusal(onnx.toString())).hasMessageContaining("name the folder, on a disk,");
    Path pickle = Files.writeString(onnx.resolveSibling("pytorch_model.bin"), "");
    assertThat(refusal(pickle.toString()))
        .hasMessageContaining("a Python pickle, which can run code when it is read");
  }

  @ParameterizedTest
  @CsvSource({
    "hf:org/repo/model.safetensors, hf:org/repo",
    "hf:org/repo/config.json@v2, hf:org/repo@v2",
    "hf:org/repo/onnx/model.onnx, hf:org/repo",
    "hf:org/repo/pytorch_model.bin, hf:org/repo"
  })
  void aFileOfTheHubIsAnsweredWithItsRepository(String file, String repository) {
    assertThat(refusal(file)).hasMessageContaining("name " + repository);
  }

  @Test
  void aFileOfAServerIsNoFolder() {
    assertThat(refusal("https://server.invalid/x/model.safetensors?y=1"))
        .hasMessageContaining("name the folder, on a disk, in Hadoop or as hf:org/repo");
  }

  @Test
  void theCacheOfTheHubIsAnsweredWithItsSnapshot() throws IOException {
    Path repository = dir.resolve("models--org--repo");
    Path old = Files.createDirectories(repository.resolve("snapshots/0123"));
    Path main = Files.createDirectories(repository.resolve("snapshots/4567"));
    assertThat(old.toFile().setLastModified(1_000)).isTrue();
    assertThat(refusal(repository.toString())).hasMessageContaining("name its snapshot " + main);
    Files.createDirectories(repository.resolve("refs"));
    Files.writeString(repository.resolve("refs/main"), "0123");
    assertThat(refusal(repository.toString())).hasMessageContaining("name its snapshot " + old);
  }
}
