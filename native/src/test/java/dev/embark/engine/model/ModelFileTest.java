package dev.embark.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.TinyKind;
import dev.embark.engine.TinyModel;
import dev.embark.engine.TinyWeights;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.prompts.ModelPrompts;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufValue;
import dev.embark.llama.Accelerator;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelFileTest {

  @TempDir Path dir;

  @Test
  void aModelIsDescribedByWhatItsFileHolds() throws Exception {
    Path file = TinyKind.QWEN3_LAST.write(dir);
    byte[] bytes = Files.readAllBytes(file);
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      assertThat(ModelFile.describe(model))
          .isEqualTo(
              new ModelDescription(
                  "qwen3",
                  Optional.of("tiny qwen3"),
                  TinyKind.DIMENSIONS,
                  TinyKind.CONTEXT,
                  "last",
                  false,
                  Optional.empty(),
                  Optional.empty(),
                  "F32",
                  TinyWeights.read(file).values().values().stream().mapToLong(v -> v.length).sum(),
                  bytes.length,
                  HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)),
                  "gpt2",
                  262,
                  "",
                  Optional.empty(),
                  "",
                  Optional.of("there are no kernels for qwen3"),
                  Optional.empty(),
                  List.of()));
    }
  }

  @Test
  void theKernelsThatComputeAnEncoderAreDescribed() throws IOException {
    try (LlamaModel model = ModelLoader.load(TinyModel.wordPiece(dir), ModelOptions.cpu())) {
      assertThat(ModelFile.describe(model).accelerator())
          .isEqualTo(Accelerator.kernelsOf(Acceleration.FAST));
    }
  }

  @Test
  void thePrefixThatTheFileNamesIsDescribed() throws IOException {
    Path file =
        ChangedModel.with(
            TinyModel.wordPiece(dir),
            dir.resolve("prefix.gguf"),
            "embark.prefix",
            GgufValue.string("passage: größe "));
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      assertThat(ModelFile.describe(model).prefix()).isEqualTo("passage: größe ");
      assertThat(ModelFile.describe(model).sha256()).isEqualTo(Sha256.of(file));
    }
  }

  @Test
  void thePromptsOfTheFileAreDescribed() throws IOException {
    Path file =
        ChangedModel.with(
            TinyModel.wordPiece(dir),
            dir.resolve("prompts.gguf"),
            "embark.prompt.document",
            GgufValue.string("passage: größe "));
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      assertThat(ModelFile.describe(model).prompts())
          .contains(new ModelPrompts("", "passage: größe "));
    }
  }

  @Test
  void theLicenceOfTheFileIsOneLine() throws IOException {
    Path file = TinyModel.wordPiece(dir);
    Map<String, String> lines =
        Map.of(
            "general.license", "other",
            "general.license.name", "tongyi\nqianwen",
            "general.license.link", "https://x.example/LICENSE");
    for (Map.Entry<String, String> line : lines.entrySet()) {
      file =
          ChangedModel.with(
              file,
              dir.resolve(line.getKey() + ".gguf"),
              line.getKey(),
              GgufValue.string(line.getValue()));
    }
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      assertThat(ModelFile.describe(model).license())
          .contains("other, tongyi qianwen, https://x.example/LICENSE");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "nomic-embed-text-v1.5, true",
    "Nomic Embed Text v1.5, true",
    "nomic-ai/nomic-embed-text-v1.5.Q8_0, true",
    "nomic-embed-text-v1, false",
    "nomic-embed-text-v2-moe, false",
    "my-nomic-embed-text-v1.5, false",
    "bge-m3, false"
  })
  void aModelThatIsCutAfterALayerNormIsWarnedAbout(String name, boolean warns) throws IOException {
    Path file =
        ChangedModel.with(
            TinyKind.NOMIC_BERT.write(dir),
            dir.resolve("named.gguf"),
            "general.name",
            GgufValue.string(name));
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      assertThat(ModelFile.describe(model).warnings())
          .hasSize(warns ? 1 : 0)
          .allSatisfy(warning -> assertThat(warning).contains("after a layer norm only"));
    }
  }

  @ParameterizedTest
  @CsvSource({"0, none", "1, mean", "2, cls", "3, last", "4, rank"})
  void thePoolingIsNamed(long type, String name) throws IOException {
    Path file = dir.resolve("pooling.gguf");
    ChangedModel.with(TinyModel.wordPiece(dir), file, "bert.pooling_type", GgufValue.uint32(type));
    assertThat(ModelFile.pooling(GgufHeader.read(file))).isEqualTo(name);
  }

  @Test
  void aModelThatNamesNothingIsDescribedAllTheSame() throws IOException {
    Path file = dir.resolve("nameless.gguf");
    ChangedModel.without(TinyModel.wordPiece(dir), file, "general.name");
    Path bare = dir.resolve("bare.gguf");
    ChangedModel.without(file, bare, "bert.pooling_type");
    try (LlamaModel model = ModelLoader.load(bare, ModelOptions.cpu())) {
      ModelDescription description = ModelFile.describe(model);
      assertThat(description.name()).isEmpty();
      assertThat(description.pooling()).isEqualTo("none");
    }
  }

  @Test
  void aFileThatIsGoneCannotBeDescribed() throws IOException {
    Path file = TinyModel.wordPiece(dir);
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      Files.delete(file);
      assertThatThrownBy(() -> ModelFile.describe(model))
          .isInstanceOf(EmbarkException.class)
          .hasMessageContaining(file.toString());
    }
  }
}
