package dev.embark.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.TinyKind;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufValue;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SelfTestTest {
  private static final String ADD_EOS = "tokenizer.ggml.add_eos_token";

  @TempDir Path dir;

  @ParameterizedTest
  @EnumSource(value = TinyKind.class, mode = EnumSource.Mode.EXCLUDE, names = "GEMMA_EMBEDDING")
  void soundModelsRaiseNoWarning(TinyKind kind) throws IOException {
    assertThat(warnings(kind.write(dir))).isEmpty();
  }

  @Test
  void anEmbeddingGemmaWithoutDenseLayersIsWarnedAbout() throws IOException {
    assertThat(warnings(TinyKind.GEMMA_EMBEDDING.write(dir)))
        .singleElement()
        .asString()
        .contains("dense_2.weight");
  }

  @Test
  void aBytePairVocabularyWithoutItsRuleForWordsIsWarnedAbout() throws IOException {
    Path file = TinyKind.QWEN3_LAST.write(dir);
    GgufHeader header = GgufHeader.read(file);
    Map<String, GgufValue> metadata = new LinkedHashMap<>(header.metadata());
    metadata.remove("tokenizer.ggml.pre");
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      assertThat(
              SelfTest.warnings(
                  model,
                  new GgufHeader(
                      header.version(), metadata, header.tensors(), header.dataOffset())))
          .singleElement()
          .asString()
          .contains("tokenizer.ggml.pre");
    }
  }

  @Test
  void lastPoolingWithoutAClosingTokenIsWarnedAbout() throws IOException {
    Path open = changed(TinyKind.QWEN3_LAST.write(dir), ADD_EOS, GgufValue.bool(false));

    assertThat(warnings(open))
        .singleElement()
        .asString()
        .contains("the last token", ADD_EOS + "=true");
  }

  /** As a bge-m3 whose file lacks the closing token. */
  @Test
  void anEncoderThatOpensTextsButClosesNoneIsWarnedAbout() throws IOException {
    Path open = changed(TinyKind.MODERN_BERT.write(dir), ADD_EOS, GgufValue.bool(false));

    assertThat(warnings(open))
        .singleElement()
        .asString()
        .contains("opens each text with a special token but closes none", ADD_EOS + "=true");
  }

  @Test
  void theWarningIsLoggedOnceWithTheModelsName() throws IOException {
    Path open = changed(TinyKind.QWEN3_LAST.write(dir), ADD_EOS, GgufValue.bool(false));
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      ModelLoader.load(open, ModelOptions.cpu()).close();
    } finally {
      System.setErr(before);
    }
    assertThat(log.toString(StandardCharsets.UTF_8))
        .containsOnlyOnce(open.toString())
        .containsOnlyOnce("closes no text");
  }

  @Test
  void meanPoolingWithoutAClosingTokenIsFine() throws IOException {
    assertThat(warnings(changed(TinyKind.QWEN3_MEAN.write(dir), ADD_EOS, GgufValue.bool(false))))
        .isEmpty();
  }

  @Test
  void clsPoolingWithoutAnOpeningTokenIsWarnedAbout() throws IOException {
    Path cls = changed(TinyKind.QWEN3_MEAN.write(dir), "qwen3.pooling_type", GgufValue.uint32(2));

    assertThat(warnings(cls)).singleElement().asString().contains("the first token");
  }

  @Test
  void aContextThatSpecialTokensFillIsRefused() throws IOException {
    Path narrow =
        changed(TinyKind.NOMIC_BERT.write(dir), "nomic-bert.context_length", GgufValue.uint32(2));

    assertThatThrownBy(() -> ModelLoader.load(narrow, ModelOptions.cpu()))
        .isInstanceOfSatisfying(
            EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.MODEL))
        .hasMessageContaining("a context of 2 tokens");
  }

  private Path changed(Path model, String key, GgufValue value) throws IOException {
    return ChangedModel.with(model, dir.resolve("changed.gguf"), key, value);
  }

  private static List<String> warnings(Path file) throws IOException {
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      return SelfTest.warnings(model, GgufHeader.read(file));
    }
  }
}
