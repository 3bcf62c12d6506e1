package dev.embark.model.parity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.engine.Embedded;
import dev.embark.engine.TokenIds;
import dev.embark.engine.batch.ContextMemory;
import dev.embark.engine.chunks.TextChunks;
import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.RerankingEngine;
import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.RerankOptions;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.engine.rows.TextPair;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensor;
import dev.embark.imports.ImportType;
import dev.embark.imports.ModelImport;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Imports folders that transformers itself wrote, and compares ids and vectors with those of
 * sentence-transformers on PyTorch, which {@link PythonPackages} installs.
 */
@Tag("models")
class FolderParityTest {
  private static final Path TARGET = PythonPackages.TARGET;
  private static final Path FOLDERS = TARGET.resolve("folders");

  @BeforeAll
  static void makeFolders() throws Exception {
    PythonPackages.run("folders.py", FOLDERS.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert",
        "cased_bert",
        "multilingual_bert",
        "distilbert",
        "xlm_roberta",
        "roberta",
        "nomic_bert",
        "nomic_authors",
        "jina_v3",
        "modern_bert",
        "qwen3",
        "gemma_embedding",
        "minilm"
      })
  void idsAndVectorsAreThoseOfPyTorch(String kind) throws IOException {
    Path gguf = TARGET.resolve(kind + "-f32.gguf");
    ModelImport.convert(FOLDERS.resolve(kind), kind, ImportType.F32, gguf);
    JsonNode expected = new ObjectMapper().readTree(FOLDERS.resolve(kind + ".json").toFile());
    List<String> texts = new ArrayList<>();
    expected.path("texts").forEach(text -> texts.add(text.asText()));

    for (Acceleration acceleration : List.of(Acceleration.EXACT, Acceleration.OFF)) {
      try (LlamaModel model = ModelLoader.load(gguf, ModelOptions.cpu(acceleration));
          BufferAllocator allocator = new RootAllocator();
          EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.defaults())) {
        Embedded embedded = Embedded.of(engine, allocator, texts.toArray(String[]::new));
        List<int[]> ids = TokenIds.of(model, texts);
        double worst = 0;
        for (int row = 0; row < texts.size(); row++) {
          assertThat(ids.get(row))
              .as("%s: ids of '%s'", kind, texts.get(row))
              .isEqualTo(ints(expected.path("ids").path(row)));
          float[] vector = floats(expected.path("vectors").path(row));
          worst = Math.max(worst, Embedded.distance(embedded.vector(row), vector));
        }
        System.out.printf("%s, %s: 1 - cosine at most %.1e%n", kind, acceleration, worst);
        assertThat(1 - worst).as("%s with %s", kind, acceleration).isGreaterThanOrEqualTo(0.99999);
      }
    }
  }

  /** Paragraphs, each with the mean of its tokens among those of the whole text. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert",
        "multilingual_bert",
        "distilbert",
        "xlm_roberta",
        "roberta",
        "nomic_bert",
        "jina_v3",
        "modern_bert",
        "gemma_embedding",
        "minilm"
      })
  void chunksOfLateChunkingAreThoseOfPyTorch(String kind) throws IOException {
    Path gguf = TARGET.resolve(kind + "-f32.gguf");
    ModelImport.convert(FOLDERS.resolve(kind), kind, ImportType.F32, gguf);
    JsonNode late =
        new ObjectMapper().readTree(FOLDERS.resolve(kind + ".json").toFile()).path("late");
    ChunkOptions options =
        ChunkOptions.of(
            Map.of(
                "lateChunking", "true",
                "chunkBoundary", "paragraph",
                "chunkTokens", late.path("chunk_tokens").asText()));
    List<byte[]> window = Embedded.utf8(late.path("text").asText());

    for (Acceleration acceleration : List.of(Acceleration.EXACT, Acceleration.OFF)) {
      try (LlamaModel model = ModelLoader.load(gguf, ModelOptions.cpu(acceleration));
          BufferAllocator allocator = new RootAllocator();
          EmbeddingEngine engine = new EmbeddingEngine(model, options);
          ListVector out = VectorWriter.newVector("embedding", allocator)) {
        TextChunks chunks = engine.embedChunks(window, out, () -> false);
        assertThat(chunks.size()).isEqualTo(late.path("vectors").size()).isGreaterThan(1);
        double worst = 0;
        for (int i = 0; i < chunks.size(); i++) {
          assertThat(chunks.tokens(i)).isEqualTo(late.path("tokens").path(i).asInt());
          List<?> vector = out.getObject(chunks.vector(i));
          float[] floats = new float[vector.size()];
          for (int d = 0; d < floats.length; d++) {
            floats[d] = (Float) vector.get(d);
          }
          worst = Math.max(worst, Embedded.distance(floats, floats(late.path("vectors").path(i))));
        }
        System.out.printf("late %s, %s: 1 - cosine at most %.1e%n", kind, acceleration, worst);
        assertThat(1 - worst).as("%s with %s", kind, acceleration).isGreaterThanOrEqualTo(0.99999);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert_reranker",
        "xlm_roberta_reranker",
        "roberta_reranker",
        "modern_bert_reranker",
        "qwen3_reranker",
        "qwen3_modules_reranker",
        "qwen3_classifier_reranker"
      })
  void scoresOfPairsAreThoseOfPyTorch(String kind) throws IOException {
    Path gguf = TARGET.resolve(kind + "-f32.gguf");
    ModelImport.convert(FOLDERS.resolve(kind), kind, ImportType.F32, gguf);
    JsonNode expected = new ObjectMapper().readTree(FOLDERS.resolve(kind + ".json").toFile());
    List<byte[]> pairs = new ArrayList<>();
    expected.path("pairs").forEach(pair -> pairs.add(pair(pair).toBytes()));

    for (Acceleration acceleration : List.of(Acceleration.EXACT, Acceleration.OFF)) {
      try (LlamaModel model = ModelLoader.load(gguf, ModelOptions.cpu(acceleration));
          RerankingEngine engine =
              new RerankingEngine(model, RerankOptions.defaults(), ContextMemory.UNLIMITED)) {
        EmbeddedRows rows = engine.score(pairs, () -> false);
        double worst = 0;
        double least = Double.MAX_VALUE;
        double most = -Double.MAX_VALUE;
        for (int row = 0; row < pairs.size(); row++) {
          String name = kind + ": " + expected.path("pairs").path(row);
          double score = expected.path("scores").path(row).asDouble();
          assertThat(rows.error(row)).as(name).isNull();
          assertThat(rows.tokens(row)).as(name).isEqualTo(expected.path("tokens").get(row).asInt());
          worst = Math.max(worst, Math.abs(score - engine.score(row)));
          least = Math.min(least, score);
          most = Math.max(most, score);
        }
        System.out.printf(
            "%s, %s: scores %.3f to %.3f, off by at most %.1e%n",
            kind, acceleration, least, most, worst);
        assertThat(worst / (most - least)).as("%s with %s", kind, acceleration).isLessThan(3e-3);
      }
    }
  }

  private static TextPair pair(JsonNode pair) {
    return new TextPair(
        pair.path(0).asText().getBytes(StandardCharsets.UTF_8),
        pair.path(1).asText().getBytes(StandardCharsets.UTF_8));
  }

  /** The built-in model is converted from ONNX by other code. */
  @Test
  void theFolderOfMiniLmHasTheWeightsOfTheBuiltInModel() throws Exception {
    Path gguf = TARGET.resolve("minilm-f16.gguf");
    ModelImport.convert(FOLDERS.resolve("minilm"), "minilm", ImportType.F16, gguf);
    Path builtIn =
        Path.of(
            FolderParityTest.class
                .getResource("/dev/embark/model/all-MiniLM-L6-v2-f16.gguf")
                .toURI());
    GgufHeader folder = GgufHeader.read(gguf);
    GgufHeader other = GgufHeader.read(builtIn);
    byte[] folderBytes = Files.readAllBytes(gguf);
    byte[] otherBytes = Files.readAllBytes(builtIn);

    assertThat(folder.tensors()).hasSameSizeAs(other.tensors());
    for (GgufTensor tensor : folder.tensors()) {
      GgufTensor same = other.tensor(tensor.name()).orElseThrow();
      assertThat(same.type()).isEqualTo(tensor.type());
      // The folder's longest text has 256 tokens, so it has the first 256 positions alone.
      assertThat(tensor.bytes())
          .isEqualTo(same.bytes() / (tensor.name().equals("position_embd.weight") ? 2 : 1));
      int bytes = (int) tensor.bytes();
      assertThat(ByteBuffer.wrap(folderBytes, (int) tensor.offset(), bytes))
          .as(tensor.name())
          .isEqualTo(ByteBuffer.wrap(otherBytes, (int) same.offset(), bytes));
    }
    for (String key : List.of("tokens", "token_type", "normalizer.lowercase", "bos_token_id")) {
      assertThat(folder.get("tokenizer.ggml." + key)).isEqualTo(other.get("tokenizer.ggml." + key));
    }
  }

  private static int[] ints(JsonNode values) {
    int[] ints = new int[values.size()];
    Arrays.setAll(ints, i -> values.path(i).asInt());
    return ints;
  }

  private static float[] floats(JsonNode values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values.path(i).asDouble();
    }
    return floats;
  }
}
