package dev.embark.engine.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.embark.engine.Embedded;
import dev.embark.engine.ForwardPass;
import dev.embark.engine.TinyKind;
import dev.embark.engine.TinyModel;
import dev.embark.engine.TinyWeights;
import dev.embark.engine.model.ChangedModel;
import dev.embark.engine.model.ModelFile;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.text.Tokenizer;
import dev.embark.gguf.GgufValue;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.TokenizedTexts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Every kind of model, against itself one text at a time and against a plain forward pass. */
class ModelKindsTest {
  private static final int TEXTS = 20;

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
  @EnumSource(TinyKind.class)
  void packedVectorsAreThoseOfEachTextAlone(TinyKind kind) throws IOException {
    try (LlamaModel model = ModelLoader.load(kind.write(dir), ModelOptions.cpu())) {
      String[] texts = texts();
      List<float[]> alone = alone(model, Map.of(), texts);

      // All texts in a few batches, a few to a batch, and a budget below most of the texts.
      for (String batchTokens : List.of("2048", "300", "128", "16")) {
        Embedded packed = embed(model, Map.of("batchTokens", batchTokens), texts);
        same(packed, alone);
        assertThat(packed.rows().batches()).isLessThanOrEqualTo(TEXTS);
      }
      assertThat(embed(model, Map.of("batchTokens", "2048"), texts).rows().batches())
          .isLessThan(model.isRecurrent() ? TEXTS + 1 : TEXTS / 3); // those have one text a batch
      for (int row = 1; row < TEXTS; row++) {
        assertThat(Embedded.distance(alone.get(row), alone.get(row - 1))).isGreaterThan(1e-3);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(TinyKind.class)
  void everyPoolingPacksToTheVectorsOfEachTextAlone(TinyKind kind) throws IOException {
    try (LlamaModel model = ModelLoader.load(kind.write(dir), ModelOptions.cpu())) {
      String[] texts = texts();
      for (String pooling : List.of("mean", "cls", "last")) {
        List<float[]> alone = alone(model, Map.of("pooling", pooling), texts);
        same(embed(model, Map.of("pooling", pooling, "batchTokens", "100"), texts), alone);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(TinyKind.class)
  void aTextLongerThanTheContextHasTheVectorOfItsHead(TinyKind kind) throws IOException {
    try (LlamaModel model = ModelLoader.load(kind.write(dir), ModelOptions.cpu())) {
      String longer = TinyModel.words(new Random(3), TinyKind.CONTEXT + 50);
      Embedded embedded = embed(model, Map.of("batchTokens", "64"), "dog", longer, "cat");

      assertThat(embedded.rows().isTruncated(1)).isTrue();
      assertThat(embedded.rows().tokens(1)).isEqualTo(TinyKind.CONTEXT);
      same(embedded, alone(model, Map.of("batchTokens", "512"), "dog", longer, "cat"));
    }
  }

  /** llama.cpp wants contexts to be a multiple of their sequences, or ends the process. */
  @Test
  void aModelMayHaveALimitThatIsNoRoundNumber() throws IOException {
    Path file =
        ChangedModel.with(
            TinyKind.NOMIC_BERT.write(dir),
            dir.resolve("odd.gguf"),
            "nomic-bert.context_length",
            GgufValue.uint32(301));
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      String longer = TinyModel.words(new Random(4), 400);
      Embedded embedded = embed(model, Map.of("batchTokens", "64"), "dog", longer);

      assertThat(embedded.rows().tokens(1)).isEqualTo(301);
      same(embedded, alone(model, Map.of("batchTokens", "301"), "dog", longer));
    }
  }

  @ParameterizedTest
  @CsvSource({"OFF, 1e-5", "EXACT, 1e-6"})
  void bertHasTheVectorsOfAPlainForwardPass(Acceleration acceleration, double distance)
      throws IOException {
    Path file = TinyModel.wordPiece(dir);
    ForwardPass plain = new ForwardPass(TinyWeights.read(file));
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu(acceleration))) {
      Random random = new Random(30);
      String[] texts = new String[TEXTS];
      Arrays.setAll(texts, i -> TinyModel.words(random, 1 + random.nextInt(40)));
      Embedded mean = embed(model, Map.of(), texts);
      Embedded cls = embed(model, Map.of("pooling", "cls"), texts);
      for (int row = 0; row < TEXTS; row++) {
        IntStream words = Arrays.stream(texts[row].split(" ")).mapToInt(TinyModel::id);
        int[] ids =
            IntStream.concat(
                    IntStream.concat(IntStream.of(TinyModel.CLS), words),
                    IntStream.of(TinyModel.SEP))
                .toArray();
        double[][] tokens = plain.bert(ids);
        same(mean.vector(row), ForwardPass.mean(tokens), distance);
        same(cls.vector(row), ForwardPass.first(tokens), distance);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"OFF, 1e-5", "EXACT, 1e-6"})
  void rotaryEncodersHaveTheVectorsOfAPlainForwardPass(Acceleration acceleration, double distance)
      throws IOException {
    compare(
        TinyKind.NOMIC_BERT,
        acceleration,
        distance,
        (plain, ids) -> ForwardPass.mean(plain.nomicBert(ids)));
    compare(
        TinyKind.MODERN_BERT,
        acceleration,
        distance,
        (plain, ids) -> ForwardPass.first(plain.modernBert(ids)));
  }

  @Test
  void qwen3HasTheVectorsOfAPlainForwardPass() throws IOException {
    compare(
        TinyKind.QWEN3_LAST,
        Acceleration.OFF,
        1e-5,
        (plain, ids) -> ForwardPass.last(plain.qwen3(ids)));
    compare(
        TinyKind.QWEN3_MEAN,
        Acceleration.OFF,
        1e-5,
        (plain, ids) -> ForwardPass.mean(plain.qwen3(ids)));
  }

  private void compare(
      TinyKind kind,
      Acceleration acceleration,
      double distance,
      BiFunction<ForwardPass, int[], float[]> vector)
      throws IOException {
    Path file = kind.write(dir);
    ForwardPass plain = new ForwardPass(TinyWeights.read(file));
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu(acceleration));
        TokenizedTexts tokenized = new TokenizedTexts()) {
      String[] texts = texts();
      Embedded embedded = embed(model, Map.of(), texts);
      new Tokenizer(model, EmbedOptions.defaults())
          .tokenize(Embedded.utf8(texts), tokenized, () -> false);
      for (int row = 0; row < TEXTS; row++) {
        int[] ids = new int[tokenized.length(row)];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = tokenized.ids().get(tokenized.offset(row) + i);
        }
        same(embedded.vector(row), vector.apply(plain, ids), distance);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(TinyKind.class)
  void aModelThatNamesNoPoolingIsRefusedUnlessTheOptionNamesOne(TinyKind kind) throws IOException {
    Path whole = kind.write(dir);
    String key = kind.architecture() + ".pooling_type";
    for (Path file :
        List.of(
            ChangedModel.without(whole, dir.resolve("absent.gguf"), key),
            ChangedModel.with(whole, dir.resolve("none.gguf"), key, GgufValue.uint32(0)))) {
      try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
        assertThatThrownBy(() -> new EmbeddingEngine(model, EmbedOptions.defaults()))
            .isInstanceOfSatisfying(
                EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.MODEL))
            .hasMessageContaining(file.toString())
            .hasMessageContaining("set pooling=mean, cls or last");
        assertThat(embed(model, Map.of("pooling", "mean"), "dog").vector(0)).isNotNull();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(TinyKind.class)
  void aRerankerIsRefusedByNameForEveryPooling(TinyKind kind) throws IOException {
    isRefusedAsReranker(
        ChangedModel.with(
            kind.write(dir),
            dir.resolve("rank.gguf"),
            kind.architecture() + ".pooling_type",
            GgufValue.uint32(4)));
  }

  @Test
  void aClassifierHeadMakesARerankerOfAFileThatNamesNoPooling() throws IOException {
    Path embeds = TinyModel.wordPiece(dir);
    Path bare = ChangedModel.without(embeds, dir.resolve("bare.gguf"), "bert.pooling_type");
    long d = TinyModel.DIMENSIONS;
    isRefusedAsReranker(
        ChangedModel.withTensor(bare, dir.resolve("scored.gguf"), "cls.output.weight", d, 1));
    isRefusedAsReranker(
        ChangedModel.withTensor(bare, dir.resolve("classified.gguf"), "cls.weight", d, d));
    // A head is left over where the authors name a pooling that gives vectors.
    Path left = ChangedModel.withTensor(embeds, dir.resolve("left.gguf"), "cls.weight", d, d);
    try (LlamaModel model = ModelLoader.load(left, ModelOptions.cpu())) {
      assertThat(ModelFile.describe(model).pooling()).isEqualTo("mean");
      assertThat(embed(model, Map.of(), "dog").vector(0)).isNotNull();
    }
  }

  private static void isRefusedAsReranker(Path file) throws IOException {
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      assertThat(ModelFile.describe(model).pooling()).isEqualTo("rank");
      for (Pooling pooling : Pooling.ofVectors()) {
        EmbedOptions options = EmbedOptions.of(Map.of("pooling", pooling.toString()));
        for (ThrowingCallable use :
            List.<ThrowingCallable>of(
                () -> new EmbeddingEngine(model, options),
                () -> SharedEncoder.open(model, pooling, 64, 1),
                () -> EmbeddingEngine.checkFit(model, options))) {
          assertThatThrownBy(use)
              .isInstanceOfSatisfying(
                  EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.MODEL))
              .hasMessageContaining(file.toString())
              .hasMessageContaining("is a reranker")
              .hasMessageContaining("use an embedding model");
        }
      }
    }
  }

  private Embedded embed(LlamaModel model, Map<String, String> options, String... texts) {
    try (EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.of(options))) {
      return Embedded.of(engine, allocator, texts);
    }
  }

  private List<float[]> alone(LlamaModel model, Map<String, String> options, String... texts) {
    try (EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.of(options))) {
      return Arrays.stream(texts)
          .map(text -> Embedded.of(engine, allocator, text).vector(0))
          .toList();
    }
  }

  private static String[] texts() {
    Random random = new Random(12);
    String[] texts = new String[TEXTS];
    Arrays.setAll(texts, i -> TinyModel.words(random, 1 + random.nextInt(30)) + " " + i);
    return texts;
  }

  private static void same(Embedded embedded, List<float[]> expected) {
    for (int row = 0; row < expected.size(); row++) {
      assertThat(embedded.rows().error(row)).isNull();
      same(embedded.vector(row), expected.get(row));
    }
  }

  private static void same(float[] actual, float[] expected) {
    same(actual, expected, 1e-5);
  }

  private static void same(float[] actual, float[] expected, double distance) {
    assertThat(Embedded.distance(actual, expected)).isCloseTo(0, within(distance));
  }
}
