package dev.embark.model.parity;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import dev.embark.engine.TokenIds;
import dev.embark.engine.chunks.TextChunks;
import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.model.convert.ConvertModel;
import dev.embark.model.parity.OnnxReference.Pooling;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The engine against ONNX Runtime, on the weights that the GGUF was made from. */
class ParityTest {

  private static final String SENTENCES =
      "Berlin is the capital and the largest city of Germany. Its more than 3.85 million inhabitants"
          + " make it the European Union's most populous city, as measured by population within city"
          + " limits. The city is also one of the states of Germany. It snows.";
  private static final int TEXTS = 1000;
  private static final int TEXTS_PACKED = 80;
  private static final int TEXTS_EACH = 150;
  private static final int REFERENCE_BATCH = 16;
  private static final Path TARGET = Path.of(System.getProperty("basedir", "."), "target");

  private enum Model {
    ALL_MINILM_L6_V2("all-minilm-l6-v2", Pooling.MEAN) {
      @Override
      Path gguf() throws URISyntaxException {
        return Path.of(
            ParityTest.class.getResource("/dev/embark/model/all-MiniLM-L6-v2-f16.gguf").toURI());
      }
    },
    BGE_SMALL_EN_V15("bge-small-en-v1.5", Pooling.CLS) {
      @Override
      Path gguf() throws IOException {
        Path gguf = TARGET.resolve("test-models/bge-small-en-v1.5-f16.gguf");
        ConvertModel.main(
            new String[] {
              "--onnx", onnx().toString(),
              "--tokenizer", tokenizer().toString(),
              "--output", gguf.toString(),
              "--stamp", TARGET.resolve("test-models.stamp").toString(),
              "--name", "bge-small-en-v1.5",
              "--license", "mit",
              "--pooling", "cls",
              "--heads", "12",
              "--type", "f16"
            });
        return gguf;
      }
    };

    private final String source;
    private final Pooling pooling;

    Model(String source, Pooling pooling) {
      this.source = source;
      this.pooling = pooling;
    }

    abstract Path gguf() throws IOException, URISyntaxException;

    Path onnx() {
      return TARGET.resolve("onnx/" + source + ".onnx");
    }

    Path tokenizer() {
      return TARGET.resolve("onnx/" + source + "-tokenizer.json");
    }
  }

  @Tag("models")
  @ParameterizedTest
  @EnumSource(Model.class)
  void vectorsAreThoseOfOnnxRuntime(Model of) throws Exception {
    List<String> texts = VariedTexts.of(2024, TEXTS);
    Path gguf = of.gguf();
    List<Integer> alike = new ArrayList<>();
    try (LlamaModel model = ModelLoader.load(gguf, ModelOptions.cpu());
        LlamaModel int8 = ModelLoader.load(gguf, ModelOptions.cpu(Acceleration.INT8));
        BufferAllocator allocator = new RootAllocator()) {
      float[][] onnx = reference(of, model, texts, alike);
      assertThat(alike).hasSize(TEXTS);

      assertThat(least(of + " FAST to ONNX Runtime", embed(model, allocator, texts), onnx))
          .isGreaterThanOrEqualTo(0.99999);
      assertThat(least(of + " INT8 to ONNX Runtime", embed(int8, allocator, texts), onnx))
          .isGreaterThanOrEqualTo(0.999);
    }
  }

  @ParameterizedTest
  @EnumSource(Model.class)
  void aTextAloneHasTheVectorThatItHasInAPackedBatch(Model of) throws Exception {
    List<String> texts = VariedTexts.of(7, TEXTS_PACKED);
    try (LlamaModel model = ModelLoader.load(of.gguf(), ModelOptions.cpu());
        BufferAllocator allocator = new RootAllocator()) {
      float[][] packed = embed(model, allocator, texts);
      double worst = 0;
      for (int row = 0; row < texts.size(); row += 3) {
        float[] alone = embed(model, allocator, List.of(texts.get(row)))[0];
        double distance = 1 - cosine(alone, packed[row]);
        assertThat(distance).as("text %d: %s", row, texts.get(row)).isLessThanOrEqualTo(1e-5);
        worst = Math.max(worst, distance);
      }
      System.out.printf("%s: alone against packed, 1 - cosine at most %.1e%n", of, worst);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, ''", "0, 'query: '", "7, 'query: '"})
  void aChunkedTextHasTheMeanOfItsChunksEachBehindThePrefix(int overlap, String prefix)
      throws Exception {
    Model of = Model.ALL_MINILM_L6_V2;
    String text = VariedTexts.of(56, 40).get(39);
    int maxTokens = 32;
    try (LlamaModel model = ModelLoader.load(of.gguf(), ModelOptions.cpu(Acceleration.EXACT));
        OnnxReference reference = reference(of);
        BufferAllocator allocator = new RootAllocator()) {
      int[] whole = reference.ids(text);
      int[] before = inner(reference.ids(prefix));
      int[] content = inner(whole);
      int room = maxTokens - 2 - before.length;
      List<int[]> chunks = new ArrayList<>();
      for (int start = 0; start == 0 || start + overlap < content.length; start += room - overlap) {
        chunks.add(
            Stream.of(
                    IntStream.of(whole[0]),
                    IntStream.of(before),
                    Arrays.stream(content, start, Math.min(start + room, content.length)),
                    IntStream.of(whole[whole.length - 1]))
                .flatMapToInt(ids -> ids)
                .toArray());
      }
      float[] mean = new float[model.dimensions()];
      for (int[] chunk : chunks) {
        float[] vector = reference.embed(List.of(chunk))[0];
        for (int i = 0; i < mean.length; i++) {
          mean[i] += vector[i] * chunk.length;
        }
      }

      Map<String, String> options =
          Map.of(
              "longText",
              "chunk",
              "maxTokens",
              "" + maxTokens,
              "chunkOverlap",
              "" + overlap,
              "prefix",
              prefix);
      float[] vector = embed(model, allocator, EmbedOptions.of(options), List.of(text))[0];
      assertThat(chunks).hasSizeGreaterThan(10);
      assertThat(cosine(vector, mean)).isGreaterThanOrEqualTo(0.99999);
    }
  }

  @ParameterizedTest
  @CsvSource({"FAST, 0", "OFF, 8"})
  void chunksOfLateChunkingAreMeansOfTheTokensOfTheWholeText(Acceleration acceleration, int overlap)
      throws Exception {
    String text = (SENTENCES + " ").repeat(5) + "\n\n The end:\n" + SENTENCES;
    ChunkOptions options =
        ChunkOptions.of(
            Map.of("chunkTokens", "30", "chunkOverlap", "" + overlap, "lateChunking", "true"));
    Model of = Model.ALL_MINILM_L6_V2;
    List<byte[]> window = List.of(text.getBytes(StandardCharsets.UTF_8));
    try (LlamaModel model = ModelLoader.load(of.gguf(), ModelOptions.cpu(acceleration));
        OnnxReference reference = reference(of);
        BufferAllocator allocator = new RootAllocator();
        EmbeddingEngine engine = new EmbeddingEngine(model, options);
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      float[][] tokens = reference.tokens(List.of(reference.ids(text)))[0];
      Integer[] ends = reference.ends(text);

      TextChunks chunks = engine.embedChunks(window, out, () -> false);

      assertThat(chunks.size()).isGreaterThan(12);
      for (int chunk = 0; chunk < chunks.size(); chunk++) {
        int first = chunk == 0 ? 0 : ended(ends, chunks.begin(chunk));
        int end = chunk == chunks.size() - 1 ? tokens.length : ended(ends, chunks.end(chunk));
        float[] mean = new float[model.dimensions()];
        for (int token = first; token < end; token++) {
          for (int i = 0; i < mean.length; i++) {
            mean[i] += tokens[token][i];
          }
        }
        assertThat(chunks.tokens(chunk)).isEqualTo(end - first);
        assertThat(cosine(floats(out.getObject(chunks.vector(chunk))), mean))
            .isGreaterThanOrEqualTo(0.99999);
      }
    }
  }

  /** Number of tokens that end at a position or before, the opening one included. */
  private static int ended(Integer[] ends, int position) {
    int n = 1;
    while (ends[n] != null && ends[n] <= position) {
      n++;
    }
    return n;
  }

  /** Ids between the special tokens. */
  private static int[] inner(int[] ids) {
    return Arrays.copyOfRange(ids, 1, ids.length - 1);
  }

  @Test
  void everyPrecisionOfTheDefaultModelIsCloseToOnnxRuntimeAndToLlamaCpp() throws Exception {
    everyPrecisionIsCloseToOnnxRuntimeAndToLlamaCpp(Model.ALL_MINILM_L6_V2);
  }

  @Tag("models")
  @ParameterizedTest
  @EnumSource(Model.class)
  void everyPrecisionIsCloseToOnnxRuntimeAndToLlamaCpp(Model of) throws Exception {
    List<String> texts = VariedTexts.of(2025, TEXTS_EACH);
    Path gguf = of.gguf();
    List<Integer> alike = new ArrayList<>();
    float[][] onnx;
    float[][] plain;
    try (LlamaModel model = ModelLoader.load(gguf, ModelOptions.cpu(Acceleration.OFF));
        BufferAllocator allocator = new RootAllocator()) {
      plain = embed(model, allocator, texts);
      onnx = reference(of, model, texts, alike);
    }
    assertThat(alike).hasSize(TEXTS_EACH);
    // Weights in F16 and llama.cpp's GELU by tanh keep all of them from ONNX Runtime a little.
    assertThat(least(of + " OFF to ONNX Runtime", plain, onnx)).isGreaterThanOrEqualTo(0.99999);
    for (Acceleration acceleration : List.of(Acceleration.EXACT, Acceleration.FAST)) {
      try (LlamaModel model = ModelLoader.load(gguf, ModelOptions.cpu(acceleration));
          BufferAllocator allocator = new RootAllocator()) {
        boolean exact = acceleration == Acceleration.EXACT;
        float[][] vectors = embed(model, allocator, texts);
        assertThat(least(of + " " + acceleration + " to ONNX Runtime", vectors, onnx))
            .isGreaterThanOrEqualTo(0.99999);
        assertThat(least(of + " " + acceleration + " to llama.cpp", vectors, plain))
            .isGreaterThanOrEqualTo(exact ? 0.999999 : 0.99999);
      }
    }
  }

  private static double least(String what, float[][] vectors, float[][] expected) {
    double min = 1;
    double sum = 0;
    for (int row = 0; row < vectors.length; row++) {
      double cosine = cosine(vectors[row], expected[row]);
      min = cosine >= min ? min : cosine;
      sum += cosine;
    }
    System.out.printf("%s: cosine min %.7f, mean %.8f%n", what, min, sum / vectors.length);
    return min;
  }

  private static OnnxReference reference(Model of) throws IOException, OrtException {
    return new OnnxReference(of.onnx(), of.tokenizer(), of.pooling, TARGET.resolve("onnxruntime"));
  }

  /**
   * Vectors of the reference, computed shortest first.
   *
   * @param alike receives the rows whose tokens are the engine's; the others have no vector
   */
  private static float[][] reference(
      Model of, LlamaModel model, List<String> texts, List<Integer> alike)
      throws IOException, OrtException {
    int[][] ids = new int[texts.size()][];
    float[][] vectors = new float[texts.size()][];
    try (OnnxReference reference = reference(of)) {
      for (int row = 0; row < ids.length; row++) {
        ids[row] = reference.ids(texts.get(row));
        if (Arrays.equals(ids[row], TokenIds.of(model, texts.get(row)))) {
          alike.add(row);
        }
      }
      List<Integer> order = new ArrayList<>(alike);
      order.sort(Comparator.comparingInt(row -> ids[row].length));
      for (int i = 0; i < order.size(); i += REFERENCE_BATCH) {
        List<Integer> rows = order.subList(i, Math.min(i + REFERENCE_BATCH, order.size()));
        float[][] batch = reference.embed(rows.stream().map(row -> ids[row]).toList());
        for (int j = 0; j < batch.length; j++) {
          vectors[rows.get(j)] = batch[j];
        }
      }
    }
    return vectors;
  }

  private static float[][] embed(LlamaModel model, BufferAllocator allocator, List<String> texts) {
    return embed(model, allocator, EmbedOptions.defaults(), texts);
  }

  private static float[][] embed(
      LlamaModel model, BufferAllocator allocator, EmbedOptions options, List<String> texts) {
    List<byte[]> utf8 = texts.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
    try (EmbeddingEngine engine = new EmbeddingEngine(model, options);
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      EmbeddedRows rows = engine.embed(utf8, out, () -> false);
      float[][] vectors = new float[texts.size()][];
      for (int row = 0; row < vectors.length; row++) {
        assertThat(rows.error(row)).isNull();
        vectors[row] = floats(out.getObject(row));
      }
      return vectors;
    }
  }

  private static float[] floats(List<?> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (Float) values.get(i);
    }
    return floats;
  }

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(aa * bb);
  }
}
