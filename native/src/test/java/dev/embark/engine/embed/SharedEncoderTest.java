package dev.embark.engine.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.Embedded;
import dev.embark.engine.EngineFailuresTest;
import dev.embark.engine.TinyModel;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.llama.LlamaContext;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.NativeHandles;
import dev.embark.llama.TokenBatch;
import dev.embark.llama.TokenizedTexts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many tasks with little to do each, on contexts that they share. */
@Timeout(120)
class SharedEncoderTest {
  private static final int TASKS = 64;
  private static final int TEXTS = 16; // of a task
  private static final int FIRST_BATCH = 512 / 7; // sequences at most, of 7 tokens or more

  private static final EmbedOptions OPTIONS = EmbedOptions.of(Map.of("batchTokens", "512"));

  @TempDir static Path dir;
  private static LlamaModel model;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch gate = new CountDownLatch(1);
  private final CountDownLatch atGate = new CountDownLatch(1);
  private final AtomicInteger decodedTokens = new AtomicInteger();
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
  void nothingIsLeft() throws InterruptedException {
    gate.countDown();
    threads.shutdown();
    assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    allocator.close();
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("embark-encoder"));
  }

  /** A context that decodes nothing until the gate is open. */
  private final class Gated extends LlamaContext {
    Gated(int capacity) {
      super(model, capacity, Pooling.MODEL);
    }

    @Override
    public int decodeNatively(Pointer context, TokenBatch batch) {
      atGate.countDown();
      try {
        gate.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      decodedTokens.addAndGet(batch.size());
      return super.decodeNatively(context, batch);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void manySmallPartitionsGetTheVectorsThatEachWouldGetAlone(int contexts) throws Exception {
    String[][] texts = new String[TASKS][];
    Arrays.setAll(texts, SharedEncoderTest::texts);
    List<Embedded> together;
    try (SharedEncoder shared = SharedEncoder.open(model, Pooling.MODEL, 512, contexts)) {
      CyclicBarrier start = new CyclicBarrier(TASKS);
      List<Callable<Embedded>> tasks = new ArrayList<>();
      for (String[] own : texts) {
        tasks.add(
            () -> {
              start.await();
              return embed(shared, own);
            });
      }
      together = new ArrayList<>();
      for (Future<Embedded> task : threads.invokeAll(tasks)) {
        together.add(task.get());
      }
    }
    try (EmbeddingEngine alone = new EmbeddingEngine(model, EmbedOptions.defaults())) {
      for (int task = 0; task < TASKS; task++) {
        Embedded expected = Embedded.of(alone, allocator, texts[task]);
        for (int row = 0; row < TEXTS; row++) {
          assertThat(Embedded.distance(together.get(task).vector(row), expected.vector(row)))
              .isLessThan(1e-5);
          assertThat(together.get(task).rows().tokens(row)).isEqualTo(expected.rows().tokens(row));
        }
      }
    }
  }

  @Test
  void batchesAreFullAlthoughNoTaskHasEnoughForOne() throws Exception {
    long tokens = 0;
    long batches = 0;
    long capacity = 0;
    try (SharedEncoder shared = gated()) {
      List<Future<Embedded>> tasks = new ArrayList<>();
      for (int task = 0; task < TASKS; task++) {
        String[] own = texts(task);
        tasks.add(threads.submit(() -> embed(shared, own)));
      }
      while (shared.waiting() < TASKS * TEXTS - FIRST_BATCH) {
        Thread.onSpinWait();
      }
      gate.countDown();
      for (Future<Embedded> task : tasks) {
        EmbeddedRows rows = task.get().rows();
        batches += rows.batches();
        capacity += rows.batchCapacity();
        for (int row = 0; row < rows.size(); row++) {
          tokens += rows.tokens(row);
        }
      }
    }
    assertThat(decodedTokens).hasValue((int) tokens);
    assertThat(capacity).isEqualTo(batches * 512);
    assertThat(tokens / TASKS).isLessThan(512);
    assertThat((double) tokens / capacity).isGreaterThan(0.9);
  }

  @Test
  void aTaskThatIsCancelledTakesItsRowsOutAndLeavesTheOthersAlone() throws Exception {
    try (SharedEncoder shared = gated()) {
      Future<Embedded> first = threads.submit(() -> embed(shared, "sun"));
      atGate.await(); // it is being computed, and holds up all that follows
      AtomicBoolean cancel = new AtomicBoolean();
      Future<Embedded> cancelled =
          threads.submit(
              () -> {
                try (EmbeddingEngine engine = engine(shared);
                    ListVector out = VectorWriter.newVector("e", allocator)) {
                  engine.embed(Embedded.utf8(texts(1)), out, cancel::get);
                  return null;
                }
              });
      Future<Embedded> other = threads.submit(() -> embed(shared, "dog", "cat"));
      while (shared.waiting() < TEXTS + 2) {
        Thread.onSpinWait();
      }
      cancel.set(true);
      assertThatThrownBy(cancelled::get)
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CANCELLED));
      assertThat(shared.waiting()).isEqualTo(2);

      gate.countDown();
      assertThat(Embedded.distance(other.get().vector(1), alone("cat"))).isLessThan(1e-5);
      assertThat(Embedded.distance(first.get().vector(0), alone("sun"))).isLessThan(1e-5);
      assertThat(decodedTokens).hasValue(3 + 3 + 3);
    }
  }

  @Test
  void anEngineThatIsCancelledFromOutsideEndsAndServesAgain() throws Exception {
    try (SharedEncoder shared = gated();
        EmbeddingEngine engine = engine(shared)) {
      Future<Embedded> running = threads.submit(() -> Embedded.of(engine, allocator, "dog"));
      atGate.await();
      engine.cancel(true);
      assertThatThrownBy(running::get).hasMessageContaining("cancelled");
      gate.countDown();
      engine.cancel(false);
      assertThat(Embedded.distance(Embedded.of(engine, allocator, "cat").vector(0), alone("cat")))
          .isLessThan(1e-5);
    }
  }

  @Test
  void aRowThatCannotBeComputedFailsAloneAndHarmsNoOtherTask() throws Exception {
    Path broken =
        EngineFailuresTest.withoutNumbersFor(TinyModel.wordPiece(dir), dir.resolve("nan.gguf"));
    try (LlamaModel poisoned = ModelLoader.load(broken, ModelOptions.cpu());
        SharedEncoder shared = SharedEncoder.open(poisoned, Pooling.MODEL, 512, 1);
        EmbeddingEngine guilty = new EmbeddingEngine(poisoned, OPTIONS, shared);
        EmbeddingEngine other = new EmbeddingEngine(poisoned, OPTIONS, shared)) {
      Future<Embedded> one =
          threads.submit(() -> Embedded.of(guilty, allocator, "dog", "dog q", "cat"));
      Future<Embedded> two = threads.submit(() -> Embedded.of(other, allocator, "sun", "tree"));
      assertThat(one.get().rows().error(1).kind()).isEqualTo(Kind.NOT_FINITE);
      assertThat(one.get().vector(1)).isNull();
      assertThat(Embedded.distance(one.get().vector(0), alone("dog"))).isLessThan(1e-5);
      assertThat(Embedded.distance(one.get().vector(2), alone("cat"))).isLessThan(1e-5);
      assertThat(Embedded.distance(two.get().vector(1), alone("tree"))).isLessThan(1e-5);
    }
  }

  @Test
  void closingFailsWaitingCalls() throws Exception {
    SharedEncoder shared = gated();
    Future<Embedded> first = threads.submit(() -> embed(shared, "sun"));
    atGate.await();
    Future<Embedded> waiting = threads.submit(() -> embed(shared, "dog"));
    while (shared.waiting() < 1) {
      Thread.onSpinWait();
    }
    Future<?> closing = threads.submit(shared::close);
    assertThat(waiting.get().rows().error(0)).hasMessage("The shared encoder was closed.");
    gate.countDown();
    closing.get();
    assertThat(first.get().vector(0)).isNotNull(); // it was being computed
    assertThatThrownBy(() -> embed(shared, "cat")).hasMessage("The shared encoder is closed.");
  }

  /** Errors that are no exceptions, such as those of a class that is missing, come out of it. */
  private static final class Erring extends LlamaContext {
    private final AtomicInteger errors;

    Erring(int capacity, AtomicInteger errors) {
      super(model, capacity, Pooling.MODEL);
      this.errors = errors;
    }

    @Override
    public int decodeNatively(Pointer context, TokenBatch batch) {
      if (errors.getAndDecrement() > 0) {
        throw new NoClassDefFoundError("on purpose");
      }
      return super.decodeNatively(context, batch);
    }
  }

  @Test
  void anErrorFailsTheRowsOfItsBatchAndTheContextServesOn() {
    AtomicInteger errors = new AtomicInteger(1);
    try (SharedEncoder shared = erring(errors)) {
      Embedded failed = embed(shared, "dog", "cat");
      for (int row = 0; row < 2; row++) {
        assertThat(failed.vector(row)).isNull();
        assertThat(failed.rows().error(row))
            .hasMessage(
                "The batch could not be computed: java.lang.NoClassDefFoundError: on purpose");
        assertThat(failed.rows().error(row).kind()).isEqualTo(Kind.MODEL);
      }
      assertThat(Embedded.distance(embed(shared, "cat").vector(0), alone("cat"))).isLessThan(1e-5);
    }
  }

  @Test
  void aBatchThatIsLostOnItsWayEndsTheWindowsThatWaitAndNoLaterOne() {
    try (SharedEncoder shared = erring(new AtomicInteger());
        TokenizedTexts texts = new TokenizedTexts()) {
      texts.clear(1);
      texts.reserve(1);
      texts.append(0, new int[0]); // which no tokenizer makes, and nobody reckons with
      assertThatThrownBy(() -> shared.client(OPTIONS).encode(texts, () -> false, new FailingSink()))
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.MODEL))
          .hasMessageContaining("could not be computed")
          .hasRootCauseInstanceOf(ArithmeticException.class);
      assertThat(Embedded.distance(embed(shared, "cat").vector(0), alone("cat"))).isLessThan(1e-5);
    }
  }

  private static final class FailingSink implements Encoder.Sink {
    @Override
    public void vector(int sequence, float[] vector) {
      throw new AssertionError("a vector of sequence " + sequence);
    }

    @Override
    public void error(int sequence, EmbarkException error) {
      throw new AssertionError(error);
    }
  }

  @Test
  void anErrorWhileContextsAreMadeLeavesNoneOfThem() {
    long before = NativeHandles.open();
    Encoder.ContextFactory good = capacity -> new Erring(capacity, new AtomicInteger());
    Encoder.ContextFactory bad =
        capacity -> {
          throw new NoClassDefFoundError("on purpose");
        };
    assertThatThrownBy(() -> new SharedEncoder(model, Pooling.MODEL, 512, List.of(good, good, bad)))
        .isInstanceOf(NoClassDefFoundError.class);
    assertThat(NativeHandles.open()).isEqualTo(before);
  }

  private static SharedEncoder erring(AtomicInteger errors) {
    return new SharedEncoder(
        model, Pooling.MODEL, 512, List.of(capacity -> new Erring(capacity, errors)));
  }

  @Test
  void optionsThatNeedAnotherContextAreRefused() {
    try (SharedEncoder shared = SharedEncoder.open(model, Pooling.MODEL, 512, 1)) {
      for (Map<String, String> other :
          List.of(Map.of("pooling", "cls", "batchTokens", "512"), Map.of("batchTokens", "64"))) {
        assertThatThrownBy(() -> new EmbeddingEngine(model, EmbedOptions.of(other), shared))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
  }

  private SharedEncoder gated() {
    return new SharedEncoder(model, Pooling.MODEL, 512, List.of(Gated::new));
  }

  private static EmbeddingEngine engine(SharedEncoder shared) {
    return new EmbeddingEngine(model, OPTIONS, shared);
  }

  private Embedded embed(SharedEncoder shared, String... texts) {
    try (EmbeddingEngine engine = engine(shared)) {
      return Embedded.of(engine, allocator, texts);
    }
  }

  private float[] alone(String text) {
    try (EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.defaults())) {
      return Embedded.of(engine, allocator, text).vector(0);
    }
  }

  private static String[] texts(int task) {
    Random random = new Random(task);
    String[] texts = new String[TEXTS];
    Arrays.setAll(texts, i -> TinyModel.words(random, 5 + random.nextInt(36)));
    return texts;
  }
}
