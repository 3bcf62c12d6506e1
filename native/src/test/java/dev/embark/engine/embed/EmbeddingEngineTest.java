package dev.embark.engine.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.embark.engine.Embedded;
import dev.embark.engine.TinyModel;
import dev.embark.engine.chunks.TextChunks;
import dev.embark.engine.model.ChangedModel;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.Normalization;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.gguf.GgufValue;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddingEngineTest {

  @TempDir static Path dir;
  private static LlamaModel model;

  private BufferAllocator allocator;

  @BeforeAll
  static void openModel() throws IOException {
    model = ModelLoader.load(TinyModel.wordPiece(dir), ModelOptions.cpu());
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  @BeforeEach
  void open() {
    allocator = new RootAllocator();
  }

  @AfterEach
  void nothingIsLeaked() {
    allocator.close();
  }

  @Test
  void eachTextGetsItsOwnUnitVectorInTheOrderOfTheRows() {
    String[] texts = texts(40);
    Embedded embedded = embed(Map.of(), texts);

    for (int row = 0; row < texts.length; row++) {
      float[] vector = embedded.vector(row);
      assertThat(vector).hasSize(TinyModel.DIMENSIONS);
      assertThat(length(vector)).isCloseTo(1, within(1e-6));
      same(vector, alone(texts[row]));
      for (int other = 0; other < row; other++) {
        assertThat(Embedded.distance(vector, embedded.vector(other))).isGreaterThan(1e-3);
      }
    }
    assertThat(embedded.rows().batches()).isPositive();
    assertThat(embedded.rows().batchCapacity()).isEqualTo(embedded.rows().batches() * 256);
  }

  @Test
  void nullIsNullAndEmptyAndBlankHaveAVector() {
    Embedded embedded = embed(Map.of(), null, "dog", "", null, " \t\n ", "cat");

    assertThat(embedded.vector(0)).isNull();
    assertThat(embedded.vector(3)).isNull();
    assertThat(embedded.vector(2)).isEqualTo(embedded.vector(4));
    same(embedded.vector(2), alone(""));
    same(embedded.vector(1), alone("dog"));
    same(embedded.vector(5), alone("cat"));
    EmbeddedRows rows = embedded.rows();
    assertThat(rows.size()).isEqualTo(6);
    assertThat(IntStream.range(0, 6).mapToObj(rows::isEmbedded))
        .containsExactly(false, true, true, false, true, true);
    assertThat(IntStream.range(0, 6).mapToObj(rows::error)).containsOnlyNulls();
    assertThat(IntStream.range(0, 6).map(rows::tokens)).containsExactly(0, 3, 2, 0, 2, 3);
  }

  @Test
  void aWindowOfNullsAndAnEmptyOneHaveNoVectors() {
    assertThat(embed(Map.of(), null, null).vectors()).containsExactly(null, null);
    assertThat(embed(Map.of()).vectors()).isEmpty();
  }

  @Test
  void aTextLongerThanTheContextHasTheVectorOfItsHeadAndIsFlagged() {
    String head = TinyModel.words(new Random(5), TinyModel.CONTEXT - 2);
    Embedded embedded = embed(Map.of(), head + " dog cat river", "dog", head);

    same(embedded.vector(0), alone(head));
    same(embedded.vector(0), embedded.vector(2));
    same(embedded.vector(1), alone("dog"));
    assertThat(IntStream.range(0, 3).mapToObj(embedded.rows()::isTruncated))
        .containsExactly(true, false, false);
    assertThat(embedded.rows().tokens(0)).isEqualTo(TinyModel.CONTEXT);
  }

  @Test
  void longTextErrorFailsTheRowAndNotItsNeighbours() {
    Embedded embedded =
        embed(Map.of("longText", "error", "maxTokens", "4"), "dog", "dog cat house", "cat");

    assertThat(embedded.vector(1)).isNull();
    assertThat(embedded.rows().isEmbedded(1)).isFalse();
    assertThat(embedded.rows().error(1).kind()).isEqualTo(Kind.TOO_LONG);
    assertThat(embedded.rows().error(1).row()).hasValue(1);
    same(embedded.vector(0), alone("dog"));
    same(embedded.vector(2), alone("cat"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 7})
  void aChunkedTextIsTheMeanOfItsWindowsWeightedByTokens(int overlap) {
    int window = 8;
    String[] words = TinyModel.words(new Random(6), 17).split(" ");
    Map<String, String> options =
        Map.of(
            "longText", "chunk",
            "maxTokens", Integer.toString(window + 2),
            "chunkOverlap", Integer.toString(overlap));
    double[] mean = new double[TinyModel.DIMENSIONS];
    int tokens = 0;
    for (int start = 0; ; start += window - overlap) {
      int end = Math.min(start + window, words.length);
      float[] unit = alone(String.join(" ", Arrays.copyOfRange(words, start, end)));
      int weight = end - start + 2;
      for (int i = 0; i < mean.length; i++) {
        mean[i] += weight * unit[i];
      }
      tokens += weight;
      if (end == words.length) {
        break;
      }
    }
    float[] expected = new float[mean.length];
    for (int i = 0; i < mean.length; i++) {
      expected[i] = (float) (mean[i] / tokens);
    }

    Embedded plain = embed(with(options, "normalize", "none"), String.join(" ", words), "dog");
    same(plain.vector(0), expected);
    assertThat(length(expected)).isLessThan(0.9999);
    assertThat(plain.rows().tokens(0)).isEqualTo(tokens);
    assertThat(plain.rows().isTruncated(0)).isFalse();

    Embedded unit = embed(options, String.join(" ", words), "dog");
    same(unit.vector(0), scaled(expected, expected.length));
    same(unit.vector(1), alone("dog"));

    Embedded cut = embed(with(options, "dimensions", "5"), String.join(" ", words));
    same(cut.vector(0), scaled(expected, 5));
  }

  @Test
  void eachChunkHasTheVectorOfItsText() {
    String text = "The dog sees. " + TinyModel.words(new Random(7), 40) + ". A bird sings.";
    List<byte[]> window = Embedded.utf8(text, null, "moon", "A bird sings.");
    ChunkOptions options =
        ChunkOptions.of(Map.of("chunkTokens", "9", "chunkOverlap", "2", "dimensions", "7"));
    try (SharedEncoder shared = SharedEncoder.open(model, Pooling.MODEL, 256, 1);
        EmbeddingEngine own = new EmbeddingEngine(model, options);
        EmbeddingEngine client = new EmbeddingEngine(model, options, shared);
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      for (EmbeddingEngine engine : List.of(own, client)) {
        TextChunks chunks = engine.embedChunks(window, out, () -> false);

        EmbeddedRows rows = chunks.outcomes();
        assertThat(IntStream.range(0, 4).mapToObj(rows::isEmbedded))
            .containsExactly(true, false, true, true);
        assertThat(chunks.count(0)).isGreaterThan(7);
        for (int row : new int[] {0, 2, 3}) {
          for (int i = chunks.first(row); i < chunks.first(row) + chunks.count(row); i++) {
            String chunk = new String(chunks.utf8(i, window.get(row)), StandardCharsets.UTF_8);
            float[] vector = new float[7];
            for (int d = 0; d < vector.length; d++) {
              vector[d] = (Float) out.getObject(chunks.vector(i)).get(d);
            }
            same(vector, embed(Map.of("dimensions", "7"), chunk).vector(0));
          }
        }
      }
    }
  }

  @Test
  void dimensionsKeepsTheHeadOfTheVectorAndScalesItAgain() {
    float[] whole = embed(Map.of("normalize", "none"), "dog sees cat").vector(0);

    same(embed(Map.of("dimensions", "7"), "dog sees cat").vector(0), scaled(whole, 7));
    assertThat(embed(Map.of("dimensions", "7", "normalize", "none"), "dog sees cat").vector(0))
        .isEqualTo(Arrays.copyOf(whole, 7));
    assertThat(embed(Map.of("dimensions", "32"), "dog sees cat").vector(0))
        .isEqualTo(alone("dog sees cat"));
  }

  @Test
  void dimensionsAboveTheModelsAreRefused() {
    assertThatThrownBy(() -> engine(Map.of("dimensions", "33")))
        .isInstanceOfSatisfying(
            EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OPTION))
        .hasMessage("dimensions is 33, but the model has 32.");
  }

  @Test
  void maxTokensAboveTheContextIsRefused() {
    assertThatThrownBy(() -> engine(Map.of("maxTokens", "65")))
        .isInstanceOfSatisfying(
            EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OPTION))
        .hasMessageContaining("65")
        .hasMessageContaining("64");
  }

  @Test
  void normalizeScalesTheVectorThatNoneGives() {
    float[] plain = embed(Map.of("normalize", "none"), "dog sees cat").vector(0);
    for (String value : List.of("l1", "max", "p:3")) {
      float[] expected = plain.clone();
      Normalization.parse(value).apply(expected, expected.length);
      assertThat(embed(Map.of("normalize", value), "dog sees cat").vector(0)).isEqualTo(expected);
    }
    assertThat(Math.abs(length(plain) - 1)).isGreaterThan(0.01);
  }

  @Test
  void thePrefixIsEmbeddedBeforeTheText() {
    Embedded embedded = embed(Map.of("prefix", "query: "), "dog", "", null);

    same(embedded.vector(0), alone("query: dog"));
    same(embedded.vector(1), alone("query: "));
    assertThat(embedded.vector(2)).isNull();
  }

  @Test
  void thePrefixOfTheModelIsEmbeddedUnlessAnOptionNamesAnotherOrNone() throws IOException {
    Path file =
        ChangedModel.with(
            model.path(), dir.resolve("prefix.gguf"), "embark.prefix", GgufValue.string("over "));
    try (LlamaModel prefixed = ModelLoader.load(file, ModelOptions.cpu());
        EmbeddingEngine own = new EmbeddingEngine(prefixed, EmbedOptions.defaults());
        EmbeddingEngine none =
            new EmbeddingEngine(prefixed, EmbedOptions.of(Map.of("prefix", "")));
        EmbeddingEngine other =
            new EmbeddingEngine(prefixed, EmbedOptions.of(Map.of("prefix", "query: ")))) {
      same(Embedded.of(own, allocator, "dog").vector(0), alone("over dog"));
      same(Embedded.of(none, allocator, "dog").vector(0), alone("dog"));
      same(Embedded.of(other, allocator, "dog").vector(0), alone("query: dog"));
    }
  }

  @Test
  void poolingGivesVectorsOfItsOwn() {
    String text = "the dog sees the old cat";
    float[] mean = embed(Map.of("pooling", "mean"), text).vector(0);
    float[] cls = embed(Map.of("pooling", "cls"), text).vector(0);
    float[] last = embed(Map.of("pooling", "last"), text).vector(0);

    assertThat(mean).isEqualTo(alone(text));
    assertThat(Embedded.distance(mean, cls)).isGreaterThan(1e-3);
    assertThat(Embedded.distance(mean, last)).isGreaterThan(1e-3);
    assertThat(Embedded.distance(cls, last)).isGreaterThan(1e-3);
  }

  @Test
  void aLiteralSeparatorIsText() {
    Embedded embedded = embed(Map.of(), "dog [SEP] cat", "dog [ sep ] cat");

    same(embedded.vector(0), embedded.vector(1));
    assertThat(embedded.rows().tokens(0)).isEqualTo(7);
  }

  @Test
  void invalidUtf8EmbedsAsTheRestAndAffectsNoNeighbour() {
    List<byte[]> texts = new ArrayList<>();
    texts.add(bytes("dog"));
    for (String broken :
        List.of("ff", "c3", "e282", "f09f98", "c080", "eda080", "edb080", "f8888080", "80", "00")) {
      texts.add(concat(bytes("dog "), HexFormat.of().parseHex(broken), bytes(" cat")));
      texts.add(concat(bytes("dog cat"), HexFormat.of().parseHex(broken)));
      texts.add(HexFormat.of().parseHex(broken));
    }
    texts.add(bytes("cat"));
    try (EmbeddingEngine engine = engine(Map.of())) {
      Embedded embedded = Embedded.ofBytes(engine, allocator, texts);

      same(embedded.vector(0), alone("dog"));
      same(embedded.vector(texts.size() - 1), alone("cat"));
      for (int row = 0; row < texts.size(); row++) {
        assertThat(length(embedded.vector(row))).isCloseTo(1, within(1e-6));
      }
      same(embedded.vector(1), alone("dog cat"));
    }
  }

  @Test
  void unpairedSurrogatesInAStringHarmNoNeighbour() {
    Embedded embedded = embed(Map.of(), "cat", "dog \ud83d cat", "\ude00 dog", "dog");

    same(embedded.vector(0), alone("cat"));
    same(embedded.vector(3), alone("dog"));
    // Java writes an unpaired surrogate as a question mark.
    same(embedded.vector(1), alone("dog ? cat"));
    same(embedded.vector(2), alone("? dog"));
  }

  @Test
  void theSizeOfBatchesDoesNotChangeVectors() {
    String[] texts = texts(200);
    Embedded wide = embed(Map.of("batchTokens", "512"), texts);
    Embedded narrow = embed(Map.of("batchTokens", "64"), texts);

    assertThat(narrow.rows().batches()).isGreaterThan(2 * wide.rows().batches());
    for (int row = 0; row < texts.length; row++) {
      same(narrow.vector(row), wide.vector(row));
    }
  }

  @Test
  void aTextLongerThanABatchGoesAloneAndHasItsVector() {
    String longer = TinyModel.words(new Random(9), 40);
    Embedded embedded = embed(Map.of("batchTokens", "16"), "dog", longer, "cat", longer + " sun");

    same(embedded.vector(1), alone(longer));
    same(embedded.vector(3), alone(longer + " sun"));
    same(embedded.vector(0), alone("dog"));
    same(embedded.vector(2), alone("cat"));
    assertThat(embedded.rows().batches()).isEqualTo(3);
    assertThat(embedded.rows().batchCapacity()).isEqualTo(16 + 42 + 43);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "2", "255", "257", "300", "514", "4096"})
  void anyBatchSizeServes(String batchTokens) {
    String[] texts = texts(5);
    Embedded embedded = embed(Map.of("batchTokens", batchTokens), texts);

    for (int row = 0; row < texts.length; row++) {
      same(embedded.vector(row), alone(texts[row]));
    }
  }

  @Test
  void moreTextsThanABatchHasSequencesAreEmbedded() {
    String[] texts = new String[600];
    Arrays.setAll(texts, i -> TinyModel.WORDS.get(i % TinyModel.WORDS.size()));
    Embedded embedded = embed(Map.of("batchTokens", "4096"), texts);

    assertThat(embedded.rows().batches()).isEqualTo(3);
    for (int row = 0; row < texts.length; row++) {
      same(embedded.vector(row), embedded.vector(row % TinyModel.WORDS.size()));
    }
    same(embedded.vector(599), alone(texts[599]));
  }

  @Test
  void countingTokensComputesNothing() {
    try (EmbeddingEngine engine = engine(Map.of("prefix", "query: "))) {
      EmbeddedRows rows = engine.countTokens(Embedded.utf8("dog cat", null, ""));

      assertThat(IntStream.range(0, 3).map(rows::tokens)).containsExactly(6, 0, 4);
      assertThat(rows.batches()).isZero();
      assertThat(rows.isEmbedded(0)).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aCallerThatCancelsEndsTheWindowAndTheEngineStaysUsable(int atCall) {
    String[] texts = texts(100);
    try (EmbeddingEngine engine = engine(Map.of("batchTokens", "64"));
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      AtomicInteger calls = new AtomicInteger();
      assertThatThrownBy(
              () ->
                  engine.embed(Embedded.utf8(texts), out, () -> calls.incrementAndGet() == atCall))
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CANCELLED));
      assertThat(calls).hasValue(atCall);

      same(Embedded.of(engine, allocator, "dog", "cat").vector(1), alone("cat"));
    }
  }

  @Test
  void cancelFromAnotherThreadEndsTheRunningWindowAndTheEngineStaysUsable() throws Exception {
    List<byte[]> texts = Embedded.utf8(texts(2000));
    CountDownLatch running = new CountDownLatch(1);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (EmbeddingEngine engine = engine(Map.of());
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      Future<?> embedding =
          thread.submit(
              () -> {
                while (true) {
                  engine.embed(
                      texts,
                      out,
                      () -> {
                        running.countDown();
                        return false;
                      });
                }
              });
      assertThat(running.await(30, TimeUnit.SECONDS)).isTrue();
      engine.cancel(true);

      assertThatThrownBy(() -> embedding.get(30, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(EmbarkException.class)
          .satisfies(
              e -> assertThat(((EmbarkException) e.getCause()).kind()).isEqualTo(Kind.CANCELLED));
      assertThatThrownBy(() -> Embedded.of(engine, allocator, "dog"))
          .hasMessageContaining("cancelled");

      engine.cancel(false);
      same(Embedded.of(engine, allocator, "dog").vector(0), alone("dog"));
    } finally {
      thread.shutdownNow();
      assertThat(thread.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void anEngineThatWasCancelledStaysSoWhenItGrows() {
    String longer = TinyModel.words(new Random(9), 40);
    try (EmbeddingEngine engine = engine(Map.of("batchTokens", "16"))) {
      engine.cancel(true);
      assertThatThrownBy(() -> Embedded.of(engine, allocator, longer))
          .hasMessageContaining("cancelled");

      engine.cancel(false);
      same(Embedded.of(engine, allocator, longer).vector(0), alone(longer));
    }
  }

  @Test
  void eightEnginesOnOneModelGiveTheVectorsOfOne() throws Exception {
    int threads = 8;
    String[][] texts = new String[threads][];
    Arrays.setAll(texts, i -> Arrays.copyOfRange(texts(threads * 50), i * 50, (i + 1) * 50));
    List<Embedded> expected = new ArrayList<>();
    try (EmbeddingEngine engine = engine(Map.of())) {
      for (String[] part : texts) {
        expected.add(Embedded.of(engine, allocator, part));
      }
    }

    CyclicBarrier together = new CyclicBarrier(threads);
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<Embedded>> calls =
          Arrays.stream(texts)
              .<Callable<Embedded>>map(
                  part ->
                      () -> {
                        try (EmbeddingEngine engine = engine(Map.of())) {
                          together.await(30, TimeUnit.SECONDS);
                          Embedded last = null;
                          for (int i = 0; i < 10; i++) {
                            last = Embedded.of(engine, allocator, part);
                          }
                          return last;
                        }
                      })
              .toList();
      List<Future<Embedded>> found = executor.invokeAll(calls, 2, TimeUnit.MINUTES);
      for (int i = 0; i < threads; i++) {
        assertThat(found.get(i).get().vectors())
            .containsExactlyElementsOf(expected.get(i).vectors());
      }
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void closingTwiceIsClosingOnce() {
    EmbeddingEngine engine = engine(Map.of());
    Embedded.of(engine, allocator, "dog");
    engine.close();
    engine.close();
    engine.cancel(true);

    same(alone("dog"), alone("dog"));
  }

  @Test
  void aClosedEngineRefusesWorkInsteadOfEndingTheProcess() {
    EmbeddingEngine engine = engine(Map.of());
    engine.close();

    assertThatThrownBy(() -> Embedded.of(engine, allocator, "dog"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("The embedding engine is closed.");
    assertThatThrownBy(() -> Embedded.of(engine, allocator, (String) null))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> engine.countTokens(Embedded.utf8("dog")))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anEngineOnAClosedModelIsRefused() {
    LlamaModel closed = ModelLoader.load(model.path(), ModelOptions.cpu());
    closed.close();
    closed.close();

    assertThatThrownBy(() -> new EmbeddingEngine(closed, EmbedOptions.defaults()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is closed");
  }

  private EmbeddingEngine engine(Map<String, String> options) {
    return new EmbeddingEngine(model, EmbedOptions.of(options));
  }

  private Embedded embed(Map<String, String> options, String... texts) {
    try (EmbeddingEngine engine = engine(options)) {
      return Embedded.of(engine, allocator, texts);
    }
  }

  /** The vector of a text that has the batch, and the engine, to itself. */
  private float[] alone(String text) {
    return embed(Map.of(), text).vector(0);
  }

  private static Map<String, String> with(Map<String, String> options, String key, String value) {
    Map<String, String> more = new java.util.HashMap<>(options);
    more.put(key, value);
    return more;
  }

  private static String[] texts(int n) {
    Random random = new Random(11);
    return IntStream.range(0, n)
        .mapToObj(i -> TinyModel.words(random, 1 + random.nextInt(50)) + " " + i)
        .toArray(String[]::new);
  }

  /** Packing changes the order of sums, and attention keeps values in half precision. */
  private static void same(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    assertThat(Embedded.distance(actual, expected)).isLessThan(1e-5);
    assertThat(length(actual)).isCloseTo(length(expected), within(1e-3));
  }

  private static double length(float[] vector) {
    double sum = 0;
    for (float value : vector) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  private static float[] scaled(float[] vector, int dimensions) {
    float[] scaled = Arrays.copyOf(vector, dimensions);
    float length = (float) length(scaled);
    for (int i = 0; i < dimensions; i++) {
      scaled[i] /= length;
    }
    return scaled;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] concat(byte[]... parts) {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    Arrays.stream(parts).forEach(out::writeBytes);
    return out.toByteArray();
  }
}
