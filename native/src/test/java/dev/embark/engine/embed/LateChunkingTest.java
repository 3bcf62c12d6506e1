package dev.embark.engine.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.embark.engine.Embedded;
import dev.embark.engine.ForwardPass;
import dev.embark.engine.TinyKind;
import dev.embark.engine.TinyModel;
import dev.embark.engine.TinyWeights;
import dev.embark.engine.chunks.ChunkTokenizer;
import dev.embark.engine.chunks.TextChunks;
import dev.embark.engine.model.ChangedModel;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.engine.text.HostileTexts;
import dev.embark.engine.text.Tokenizer;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufValue;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.TokenizedTexts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code lateChunking} against a plain forward pass over the tokens of the whole text. */
class LateChunkingTest {
  private static final int MAX_CHUNKS = 1 << 20;
  private static final String TEXT =
      "The dog sees. The old cat sings over the river. A bird. The moon runs under the green tree.";

  @TempDir Path dir;
  private BufferAllocator allocator;

  @BeforeEach
  void open() {
    allocator = new RootAllocator();
  }

  @AfterEach
  void nothingIsLeaked() {
    allocator.close();
  }

  @ParameterizedTest
  @CsvSource({"OFF, 1e-5, 0", "EXACT, 1e-6, 0", "EXACT, 1e-6, 3"})
  void aChunkIsTheMeanOfItsOwnTokensInTheText(
      Acceleration acceleration, double distance, int overlap) throws IOException {
    Map<String, String> options =
        Map.of("chunkTokens", "9", "chunkOverlap", Integer.toString(overlap));
    compare(TinyModel.wordPiece(dir), acceleration, distance, options, ForwardPass::bert);
    compare(
        TinyKind.NOMIC_BERT.write(dir),
        acceleration,
        distance,
        with(options, "prefix", "query: "),
        ForwardPass::nomicBert);
    compare(
        TinyKind.MODERN_BERT.write(dir),
        acceleration,
        distance,
        with(with(options, "chunkTokens", "19"), "pooling", "mean"),
        ForwardPass::modernBert);
  }

  /** Its tokens attend to earlier ones, those of earlier chunks included. */
  @Test
  void aDecoderWithMeanPoolingHasThemAsWell() throws IOException {
    compare(
        TinyKind.QWEN3_MEAN.write(dir),
        Acceleration.OFF,
        1e-5,
        Map.of("chunkTokens", "16"),
        ForwardPass::qwen3);
  }

  private void compare(
      Path file,
      Acceleration acceleration,
      double distance,
      Map<String, String> options,
      BiFunction<ForwardPass, int[], double[][]> forward)
      throws IOException {
    ForwardPass plain = new ForwardPass(TinyWeights.read(file));
    ChunkOptions late = ChunkOptions.of(with(options, "lateChunking", "true"));
    List<byte[]> window = Embedded.utf8("moon", TEXT, null, TEXT + " Dog.", "A bird.");
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu(acceleration));
        SharedEncoder shared = SharedEncoder.open(model, late.pooling(), 256, 1);
        EmbeddingEngine own = new EmbeddingEngine(model, late);
        EmbeddingEngine few =
            new EmbeddingEngine(model, late.with(Map.of("batchTokens", "4", "normalize", "none")));
        EmbeddingEngine client = new EmbeddingEngine(model, late, shared);
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      for (EmbeddingEngine engine : List.of(own, few, client)) {
        TextChunks chunks = engine.embedChunks(window, out, () -> false);
        for (int row : new int[] {0, 1, 3, 4}) {
          double[][] tokens = forward.apply(plain, ids(model, options, window.get(row)));
          int count = chunks.count(row);
          assertThat(count).isEqualTo(row == 1 || row == 3 ? Math.max(4, count) : 1);
          for (int i = 0; i < count; i++) {
            int chunk = chunks.first(row) + i;
            String text = new String(window.get(row), StandardCharsets.UTF_8);
            int begin = i == 0 ? 0 : before(model, options, text, chunks.begin(chunk));
            int end =
                i == count - 1 ? tokens.length : before(model, options, text, chunks.end(chunk));
            assertThat(chunks.tokens(chunk)).isEqualTo(end - begin);
            float[] expected = ForwardPass.mean(Arrays.copyOfRange(tokens, begin, end));
            float[] vector = vector(out, chunks.vector(chunk));
            same(vector, expected, distance);
            if (engine == few) {
              assertThat(vector[3]).isCloseTo(expected[3], within(1e-2f)); // not scaled
            }
          }
        }
        EmbeddedRows rows = chunks.outcomes();
        assertThat(IntStream.range(0, 5).mapToObj(rows::isEmbedded))
            .containsExactly(true, true, false, true, true);
        assertThat(rows.tokens(1)).isEqualTo(ids(model, options, window.get(1)).length);
      }
    }
  }

  /** Some files count the unknown token among the control tokens, as MiniLM's does. */
  @Test
  void anUnknownTokenIsNoSpecialToken() throws IOException {
    Path file = TinyModel.wordPiece(dir);
    String key = "tokenizer.ggml.token_type";
    GgufValue types = GgufHeader.read(file).get(key).orElseThrow();
    List<Object> changed = new ArrayList<>((List<?>) types.value());
    changed.set(TinyModel.UNK, changed.get(TinyModel.UNK + 1));
    Path control =
        ChangedModel.with(
            file, dir.resolve("control.gguf"), key, GgufValue.array(types.elementType(), changed));
    List<byte[]> window =
        Embedded.utf8(
            "\u20ac \u20ac \u20ac. The dog sees. Moon. \u20ac \u20ac", "\u20ac ".repeat(200));

    List<float[]> expected = lateVectors(file, window);

    assertThat(expected).hasSizeGreaterThan(30);
    assertThat(lateVectors(control, window)).usingRecursiveComparison().isEqualTo(expected);
  }

  private List<float[]> lateVectors(Path file, List<byte[]> window) throws IOException {
    ChunkOptions options = ChunkOptions.of(Map.of("chunkTokens", "5", "lateChunking", "true"));
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu());
        EmbeddingEngine engine = new EmbeddingEngine(model, options);
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      TextChunks chunks = engine.embedChunks(window, out, () -> false);
      for (int row = 0; row < window.size(); row++) {
        assertThat(chunks.outcomes().error(row)).isNull();
      }
      return IntStream.range(0, chunks.size())
          .mapToObj(chunk -> vector(out, chunks.vector(chunk)))
          .toList();
    }
  }

  /** Number of tokens before a position between words. */
  private static int before(
      LlamaModel model, Map<String, String> options, String text, int position) {
    String head = text.substring(0, position).stripTrailing();
    int[] ids = ids(model, options, head.getBytes(StandardCharsets.UTF_8));
    int n = ids.length;
    while (model.isControl(ids[n - 1])) {
      n--;
    }
    return n;
  }

  private static int[] ids(LlamaModel model, Map<String, String> options, byte[] text) {
    EmbedOptions prefix = EmbedOptions.of(Map.of("prefix", options.getOrDefault("prefix", "")));
    try (TokenizedTexts tokenized = new TokenizedTexts()) {
      new Tokenizer(model, prefix).tokenize(List.of(text), tokenized, () -> false);
      return tokenized.copy(0);
    }
  }

  @Test
  void chunksOfALongTextHaveTheirTokensInTheSequencesThatAreRead() throws IOException {
    Path file = TinyModel.wordPiece(dir);
    ForwardPass plain = new ForwardPass(TinyWeights.read(file));
    ChunkOptions options =
        ChunkOptions.of(Map.of("chunkTokens", "6", "lateChunking", "true", "dimensions", "7"));
    List<byte[]> window = Embedded.utf8(TinyModel.words(new Random(8), 300), TEXT);
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu(Acceleration.EXACT));
        TokenizedTexts read = new TokenizedTexts();
        EmbeddingEngine engine = new EmbeddingEngine(model, options);
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      new ChunkTokenizer(model, options, MAX_CHUNKS).tokenize(window, read, () -> false);
      TextChunks chunks = engine.embedChunks(window, out, () -> false);

      assertThat(chunks.count(0)).isEqualTo(75);
      assertThat(read.sequences()).isGreaterThan(6);
      int vector = 0;
      for (int sequence = 0; sequence < read.sequences(); sequence++) {
        double[][] tokens = plain.bert(read.copy(sequence));
        int[] parts = read.parts(sequence);
        for (int i = 0; i < parts.length; i += 2) {
          float[] mean = ForwardPass.mean(Arrays.copyOfRange(tokens, parts[i], parts[i + 1]));
          same(vector(out, vector++), Arrays.copyOf(mean, 7), 1e-6);
        }
      }
      assertThat(vector).isEqualTo(chunks.size());
    }
  }

  @Test
  void manyChunksHaveTheirVectorsInAContextThatIsSmallerThanTheirNumber() throws IOException {
    ChunkOptions options =
        ChunkOptions.of(Map.of("chunkTokens", "3", "lateChunking", "true", "batchTokens", "16"));
    List<byte[]> window = Embedded.utf8(TinyModel.words(new Random(9), 300), "dog cat", "sun");
    try (LlamaModel model = ModelLoader.load(TinyKind.NOMIC_BERT.write(dir), ModelOptions.cpu());
        EmbeddingEngine engine = new EmbeddingEngine(model, options);
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      TextChunks chunks = engine.embedChunks(window, out, () -> false);

      assertThat(chunks.size()).isEqualTo(303);
      assertThat(IntStream.range(0, 303).noneMatch(i -> out.isNull(chunks.vector(i)))).isTrue();
      assertThat(chunks.outcomes().isEmbedded(0) && chunks.outcomes().isEmbedded(1)).isTrue();
    }
  }

  @Test
  void chunksOfAnyTextHaveVectorsOrAReason() throws IOException {
    ChunkOptions options =
        ChunkOptions.of(Map.of("chunkTokens", "9", "chunkOverlap", "3", "lateChunking", "true"));
    List<byte[]> window = HostileTexts.of(52, 48);
    for (Path file :
        List.of(
            TinyModel.wordPiece(dir),
            TinyModel.bytePair(dir),
            TinyKind.QWEN3_MEAN.write(dir),
            TinyKind.GEMMA_EMBEDDING.write(dir))) {
      try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu());
          EmbeddingEngine engine = new EmbeddingEngine(model, options);
          ListVector out = VectorWriter.newVector("embedding", allocator)) {
        TextChunks chunks = engine.embedChunks(window, out, () -> false);
        for (int row = 0; row < window.size(); row++) {
          EmbarkException error = chunks.outcomes().error(row);
          assertThat(chunks.outcomes().isEmbedded(row)).isEqualTo(error == null);
          // A single character may have more tokens than a chunk.
          assertThat(error == null ? Kind.EMPTY : error.kind()).isIn(Kind.EMPTY, Kind.TOO_LONG);
          for (int i = chunks.first(row); i < chunks.first(row) + chunks.count(row); i++) {
            assertThat(out.isNull(chunks.vector(i))).isFalse();
          }
        }
        assertThat(chunks.size()).isGreaterThan(window.size());
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "MODERN_BERT | model | cls; leave out lateChunking.",
        "QWEN3_LAST | model | last; leave out lateChunking.",
        "NOMIC_BERT | cls | cls; leave out lateChunking.",
        "NOMIC_BERT | last | last; leave out lateChunking.",
        "LFM2 | model | has them; leave out lateChunking.",
      })
  void otherModelsAreRefused(TinyKind kind, String pooling, String message) throws IOException {
    Path file = kind.write(dir);
    ChunkOptions options = ChunkOptions.of(Map.of("lateChunking", "true", "pooling", pooling));
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      assertThatThrownBy(() -> EmbeddingEngine.checkFit(model, options))
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OPTION))
          .hasMessageStartingWith("lateChunking is for ")
          .hasMessageContaining("the model " + file)
          .hasMessageEndingWith(message);
      EmbeddingEngine.checkFit(model, options.with(Map.of("lateChunking", "false")));
    }
  }

  private static Map<String, String> with(Map<String, String> options, String key, String value) {
    Map<String, String> all = new HashMap<>(options);
    all.put(key, value);
    return all;
  }

  private static float[] vector(ListVector out, int row) {
    List<?> values = out.getObject(row);
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (Float) values.get(i);
    }
    return floats;
  }

  private static void same(float[] actual, float[] expected, double distance) {
    assertThat(Embedded.distance(actual, expected)).isCloseTo(0, within(distance));
  }
}
