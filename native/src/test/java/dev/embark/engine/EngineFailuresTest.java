package dev.embark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.batch.ContextMemory;
import dev.embark.engine.chunks.TextChunks;
import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.Encoder;
import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensor;
import dev.embark.llama.LlamaContext;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.NativeHandles;
import dev.embark.llama.TokenBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left of a window when native calls fail. */
public class EngineFailuresTest {
  private static final int ROWS = 16; // all of them in one batch
  private static final int NO_MEMORY = -2;
  private static final int COMPUTE_FAILED = -3;

  @TempDir static Path dir;
  private static LlamaModel model;

  private BufferAllocator allocator;
  private final List<Integer> opened = new ArrayList<>(); // capacities
  private int decoded; // calls

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

  /** A context that asks before each decode what it should come to: 0 for the real thing. */
  private class Failing extends LlamaContext {
    private final IntSupplier outcome;

    Failing(int capacity, IntSupplier outcome) {
      super(model, capacity, Pooling.MODEL);
      this.outcome = outcome;
    }

    @Override
    public int decodeNatively(Pointer context, TokenBatch batch) {
      decoded++;
      int code = outcome.getAsInt();
      return code == 0 ? super.decodeNatively(context, batch) : code;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, COMPUTE_FAILED, NO_MEMORY})
  void aBatchThatFailsOnceIsComputedAgainOnANewContext(int code) {
    Embedded embedded = embed(texts(), failingAt(code, 1));

    rightBut(Set.of(), embedded);
    assertThat(decoded).isEqualTo(2);
    assertThat(opened).containsExactly(256, 256);
  }

  @Test
  void aBatchThatFailsTwiceIsHalved() {
    rightBut(Set.of(), embed(texts(), failingAt(COMPUTE_FAILED, 1, 2)));
    assertThat(decoded).isEqualTo(4);
  }

  @Test
  void anyThreeDecodesThatFailCostNoRowItsVector() {
    for (int first = 1; first <= 6; first++) {
      for (int second = first + 1; second <= 7; second++) {
        decoded = 0;
        rightBut(Set.of(), embed(texts(), failingAt(COMPUTE_FAILED, first, second, second + 1)));
      }
    }
  }

  @Test
  void aPermanentFailureFailsEachRowWithTheReason() {
    Embedded embedded = embed(texts(), () -> COMPUTE_FAILED);

    for (int row = 0; row < ROWS; row++) {
      assertThat(embedded.vector(row)).isNull();
      assertThat(embedded.rows().error(row).kind()).isEqualTo(Kind.MODEL);
      assertThat(embedded.rows().error(row).row()).hasValue(row);
      assertThat(embedded.rows().error(row)).hasMessageStartingWith("llama.cpp could not compute");
    }
    // The whole twice, then 2 + 4 + 8 + 16 parts.
    assertThat(decoded).isEqualTo(2 + 2 * ROWS - 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"std::bad_alloc", "vector::reserve"})
  void aThrowingDecodeFailsItsRowsAndTheEngineStaysUsable(String what) {
    boolean[] broken = {true};
    IntSupplier outcome =
        () -> {
          if (broken[0]) {
            throw new RuntimeException(what);
          }
          return 0;
        };
    try (EmbeddingEngine engine = engine(outcome)) {
      Embedded failed = Embedded.of(engine, allocator, texts());
      for (int row = 0; row < ROWS; row++) {
        assertThat(failed.rows().error(row).kind())
            .isEqualTo(what.equals("std::bad_alloc") ? Kind.OUT_OF_MEMORY : Kind.MODEL);
      }
      broken[0] = false;
      rightBut(Set.of(), Embedded.of(engine, allocator, texts()));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7, 15})
  void aFailedRowDoesNotAffectTheVectorsOfItsNeighbours(int guilty) {
    // Its batch alone has an odd number of tokens.
    String[] texts = texts();
    texts[guilty] = "dog dog dog";
    int[] size = new int[1];
    Encoder.ContextFactory contexts =
        capacity ->
            new Failing(capacity, () -> size[0] % 2 == 0 ? 0 : NO_MEMORY) {
              @Override
              public int decodeNatively(Pointer context, TokenBatch batch) {
                size[0] = batch.size();
                return super.decodeNatively(context, batch);
              }
            };
    Embedded embedded;
    try (EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.defaults(), contexts)) {
      embedded = Embedded.of(engine, allocator, texts);
    }
    assertThat(embedded.vector(guilty)).isNull();
    assertThat(embedded.rows().error(guilty).kind()).isEqualTo(Kind.OUT_OF_MEMORY);
    rightBut(Set.of(guilty), embedded);
    // 16, 16, then both halves of 16, 8, 4 and 2.
    assertThat(decoded).isEqualTo(10);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void aVectorThatIsNotFiniteIsComputedAgainOnANewContext(float poison) {
    // One context gives nothing else, as after a fault of a device.
    Encoder.ContextFactory contexts =
        capacity -> {
          opened.add(capacity);
          return opened.size() == 1
              ? poisoned(capacity, poison, id -> true)
              : new LlamaContext(model, capacity, Pooling.MODEL);
        };
    try (EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.defaults(), contexts)) {
      rightBut(Set.of(), Embedded.of(engine, allocator, texts()));
    }
    assertThat(opened).hasSize(2);
  }

  @Test
  void aSequenceWithoutAVectorFailsAloneWithTheReason() {
    Encoder.ContextFactory contexts =
        capacity ->
            new LlamaContext(model, capacity, Pooling.MODEL) {
              @Override
              public boolean embedding(int sequenceId, float[] out) {
                return sequenceId != 0 && super.embedding(sequenceId, out);
              }
            };
    // Each sequence comes to be the first of its batch, but for those that had their vector before.
    try (EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.defaults(), contexts)) {
      Embedded embedded = Embedded.of(engine, allocator, texts());
      int failed =
          IntStream.range(0, ROWS)
              .filter(row -> embedded.vector(row) == null)
              .findFirst()
              .getAsInt();
      assertThat(embedded.rows().error(failed))
          .hasMessage("The model gave no vector for the text.");
      rightBut(Set.of(failed), embedded);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"false", "true"})
  void aChunkThatFailsFailsTheRowsThatHaveItAndNoOther(String late) throws IOException {
    Path file = withoutNumbersFor(TinyKind.NOMIC_BERT.write(dir), dir.resolve("nan.gguf"));
    List<byte[]> window =
        Embedded.utf8("dog runs. dog q. cat sees.", "cat sees.", "dog q.", "dog runs.");
    try (LlamaModel broken = ModelLoader.load(file, ModelOptions.cpu());
        EmbeddingEngine engine =
            new EmbeddingEngine(
                broken, ChunkOptions.of(Map.of("chunkTokens", "6", "lateChunking", late)));
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      TextChunks chunks = engine.embedChunks(window, out, () -> false);

      assertThat(chunks.count(0)).isEqualTo(3);
      for (int row = 0; row < window.size(); row++) {
        boolean isGuilty = row % 2 == 0;
        assertThat(chunks.outcomes().isEmbedded(row)).isEqualTo(!isGuilty);
        if (isGuilty) {
          assertThat(chunks.outcomes().error(row).kind()).isEqualTo(Kind.NOT_FINITE);
          assertThat(chunks.outcomes().error(row).row()).hasValue(row);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(TinyKind.class)
  void aTokenWhoseWeightsAreNanHarmsNoRowButThoseThatHaveIt(TinyKind kind) throws IOException {
    Path file = withoutNumbersFor(kind.write(dir), dir.resolve("nan.gguf"));
    String[] texts = new String[ROWS];
    Arrays.setAll(texts, i -> "dog runs " + i % 10);
    Set<Integer> guilty = Set.of(3, 4, 13);
    guilty.forEach(row -> texts[row] = "dog q");
    try (LlamaModel broken = ModelLoader.load(file, ModelOptions.cpu());
        EmbeddingEngine engine = new EmbeddingEngine(broken, EmbedOptions.defaults())) {
      Embedded embedded = Embedded.of(engine, allocator, texts);
      for (int row = 0; row < ROWS; row++) {
        if (guilty.contains(row)) {
          assertThat(embedded.vector(row)).isNull();
          assertThat(embedded.rows().error(row).kind()).isEqualTo(Kind.NOT_FINITE);
        } else {
          float[] alone = Embedded.of(engine, allocator, texts[row]).vector(0);
          assertThat(Embedded.distance(embedded.vector(row), alone)).isLessThan(1e-5);
        }
      }
    }
  }

  @Test
  void aContextThatCannotGrowFailsTheLongRowAndServesTheRest() {
    int[] most = {64};
    Encoder.ContextFactory contexts =
        capacity -> {
          opened.add(capacity);
          if (capacity > most[0]) {
            throw new EmbarkException(Kind.OUT_OF_MEMORY, "no room");
          }
          return new LlamaContext(model, capacity, Pooling.MODEL);
        };
    String longer = TinyModel.words(new Random(4), 40);
    try (EmbeddingEngine engine =
        new EmbeddingEngine(model, EmbedOptions.of(Map.of("batchTokens", "16")), contexts)) {
      most[0] = 16;
      Embedded embedded = Embedded.of(engine, allocator, "dog", longer, "cat");
      assertThat(embedded.rows().error(1).kind()).isEqualTo(Kind.OUT_OF_MEMORY);
      same(embedded.vector(0), alone("dog"));
      same(Embedded.of(engine, allocator, "sun").vector(0), alone("sun"));

      most[0] = 64;
      same(Embedded.of(engine, allocator, longer).vector(0), alone(longer));
    }
    assertThat(opened).containsExactly(16, 64, 64, 16, 64);
  }

  @Test
  void aTextThatIsRefusedMemoryIsTriedOnceAndTheContextStays() {
    List<Integer> claimed = new ArrayList<>(); // one before each context
    ContextMemory memory =
        tokens -> {
          claimed.add(tokens);
          if (tokens > 16) {
            throw new EmbarkException(Kind.OUT_OF_MEMORY, "no room");
          }
        };
    String longer = TinyModel.words(new Random(4), 40);
    try (EmbeddingEngine engine =
        new EmbeddingEngine(model, EmbedOptions.of(Map.of("batchTokens", "16")), memory)) {
      Embedded embedded = Embedded.of(engine, allocator, "dog", longer, "cat");
      assertThat(embedded.rows().error(1)).hasMessage("no room");
      same(embedded.vector(0), alone("dog"));
      same(embedded.vector(2), alone("cat"));
      same(Embedded.of(engine, allocator, "sun").vector(0), alone("sun"));
    }
    assertThat(claimed).containsExactly(16, 64);
  }

  @Test
  void aContextThatCannotBeReplacedIsMadeWhenThereIsMemoryAgain() {
    boolean[] none = {false};
    Encoder.ContextFactory contexts =
        capacity -> {
          if (none[0]) {
            throw new EmbarkException(Kind.OUT_OF_MEMORY, "no room");
          }
          return new Failing(capacity, () -> none[0] ? COMPUTE_FAILED : 0);
        };
    EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.defaults(), contexts);
    try (engine) {
      none[0] = true;
      Embedded failed = Embedded.of(engine, allocator, texts());
      for (int row = 0; row < ROWS; row++) {
        assertThat(failed.rows().error(row)).hasMessage("no room");
      }
      engine.cancel(true);
      engine.cancel(false);

      none[0] = false;
      rightBut(Set.of(), Embedded.of(engine, allocator, texts()));
      none[0] = true;
      Embedded.of(engine, allocator, texts());
    }
    engine.close();
  }

  @Test
  void anErrorWhileAnEngineIsMadeLeavesNothingNative() {
    long before = NativeHandles.open();
    Encoder.ContextFactory contexts =
        capacity ->
            new LlamaContext(model, capacity, Pooling.MODEL) {
              @Override
              public int maxSequences() {
                throw new NoClassDefFoundError("on purpose");
              }
            };
    assertThatThrownBy(() -> new EmbeddingEngine(model, EmbedOptions.defaults(), contexts))
        .isInstanceOf(NoClassDefFoundError.class);
    assertThat(NativeHandles.open()).isEqualTo(before);
  }

  @Test
  void cancellingWhileABatchIsRetriedEndsTheWindow() {
    try (EmbeddingEngine engine = engine(() -> COMPUTE_FAILED);
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      assertThatThrownBy(() -> engine.embed(Embedded.utf8(texts()), out, () -> decoded == 5))
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CANCELLED));
    }
    assertThat(decoded).isEqualTo(5);
  }

  private EmbeddingEngine engine(IntSupplier outcome) {
    return new EmbeddingEngine(
        model,
        EmbedOptions.defaults(),
        capacity -> {
          opened.add(capacity);
          return new Failing(capacity, outcome);
        });
  }

  private Embedded embed(String[] texts, IntSupplier outcome) {
    try (EmbeddingEngine engine = engine(outcome)) {
      return Embedded.of(engine, allocator, texts);
    }
  }

  /** Fails the decodes of these numbers, from 1. */
  private IntSupplier failingAt(int code, Integer... calls) {
    return () -> List.of(calls).contains(decoded) ? code : 0;
  }

  private static LlamaContext poisoned(int capacity, float poison, IntPredicate ids) {
    return new LlamaContext(model, capacity, Pooling.MODEL) {
      @Override
      public boolean embedding(int sequenceId, float[] out) {
        boolean given = super.embedding(sequenceId, out);
        if (ids.test(sequenceId)) {
          out[out.length / 2] = poison;
        }
        return given;
      }
    };
  }

  /** A copy of the model in which the token of a lone q has no numbers for an embedding. */
  public static Path withoutNumbersFor(Path whole, Path copy) throws IOException {
    GgufHeader header = GgufHeader.read(whole);
    GgufTensor embeddings =
        header.tensors().stream()
            .filter(tensor -> tensor.name().equals("token_embd.weight"))
            .findFirst()
            .orElseThrow();
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(whole)).order(ByteOrder.LITTLE_ENDIAN);
    List<?> tokens = (List<?>) header.get("tokenizer.ggml.tokens").orElseThrow().value();
    int width = Math.toIntExact(embeddings.shape().get(0));
    for (int id = 0; id < tokens.size(); id++) {
      if (List.of("q", "▁q", "Ġq").contains(tokens.get(id))) {
        for (int i = 0; i < width; i++) {
          int at = Math.toIntExact(embeddings.offset()) + (id * width + i) * Float.BYTES;
          bytes.putFloat(at, Float.NaN);
        }
      }
    }
    return Files.write(copy, bytes.array());
  }

  private void rightBut(Set<Integer> failed, Embedded embedded) {
    String[] texts = texts();
    for (int row = 0; row < ROWS; row++) {
      if (!failed.contains(row)) {
        assertThat(embedded.rows().error(row)).isNull();
        same(embedded.vector(row), alone(texts[row]));
      }
    }
  }

  private float[] alone(String text) {
    try (EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.defaults())) {
      return Embedded.of(engine, allocator, text).vector(0);
    }
  }

  private static void same(float[] actual, float[] expected) {
    assertThat(actual).isNotNull();
    assertThat(Embedded.distance(actual, expected)).isLessThan(1e-5);
  }

  /** Each of an even number of tokens, special ones included. */
  private static String[] texts() {
    Random random = new Random(12);
    String[] texts = new String[ROWS];
    Arrays.setAll(texts, i -> TinyModel.words(random, 2 + 2 * random.nextInt(10)));
    return texts;
  }
}
