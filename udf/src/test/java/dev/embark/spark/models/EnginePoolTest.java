package dev.embark.spark.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.model.MemoryEstimate;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.WeightsCache;
import dev.embark.spark.FakeHardware;
import dev.embark.spark.TestSession;
import dev.embark.store.ModelStore;
import dev.embark.store.StoreSettings;
import dev.embark.store.cache.StoredModel;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sharing, accounting and release of a JVM's engines and models. */
@Timeout(120)
class EnginePoolTest {
  private static final long MB = 1L << 20;
  private static final Duration MINUTE = Duration.ofMinutes(1);

  // One copy of the model and one cache: each test would copy and hash 45 MB.
  @TempDir static Path shared;
  @TempDir Path dir;
  private final AtomicLong clock = new AtomicLong();
  private boolean sharedContext;
  private FakeHardware hardware = new FakeHardware(2);
  private static Path minilm;
  private MemoryBudget budget;
  private ModelPool models;
  private EnginePool pool;

  @BeforeAll
  static void copyModel() throws IOException {
    minilm = shared.resolve("minilm.gguf");
    String name = "/dev/embark/model/all-MiniLM-L6-v2-f16.gguf";
    try (var in = EnginePoolTest.class.getResourceAsStream(name)) {
      Files.copy(in, minilm);
    }
  }

  @BeforeEach
  void start() {
    limit(4096);
  }

  private void limit(long megabytes) {
    budget = new MemoryBudget(new MemoryLimit(megabytes * MB, 2, true));
    ModelStore store =
        new ModelStore(
            StoreSettings.of(
                shared.resolve("cache"), 1L << 30, List.of(dir, shared), true, Map.of()));
    models = new ModelPool(store, hardware, budget);
    Devices devices = new Devices(hardware, false, Map.of());
    pool = new EnginePool(models, devices, budget, sharedContext, clock::get);
  }

  @AfterEach
  void assertNoLeaks() throws IOException {
    assertThat(pool.leased()).isZero();
    pool.freeAll();
    assertThat(pool.idle()).isZero();
    assertThat(models.size()).isZero();
    assertThat(budget.used()).isZero();
    assertThat(Files.readString(Path.of("/proc/self/maps"))).doesNotContain(shared.toString());
  }

  @Test
  void concurrentTasksLoadASharedModelOnce() throws Exception {
    int tasks = 4;
    CyclicBarrier together = new CyclicBarrier(tasks);
    ExecutorService threads = Executors.newFixedThreadPool(tasks);
    List<Future<EnginePool.Lease>> leases = new ArrayList<>();
    try {
      for (int i = 0; i < tasks; i++) {
        leases.add(
            threads.submit(
                () -> {
                  together.await();
                  return lease(minilm);
                }));
      }
      long loadedBy = 0;
      for (Future<EnginePool.Lease> lease : leases) {
        loadedBy += lease.get().loadMillis() > 0 ? 1 : 0;
      }
      assertThat(loadedBy).isEqualTo(1);
      assertThat(hardware.loads).containsExactly(ModelOptions.cpu());
      assertThat(pool.leased()).isEqualTo(tasks);
    } finally {
      threads.shutdown();
      for (Future<EnginePool.Lease> lease : leases) {
        lease.get().close();
      }
    }
    assertThat(pool.idle()).isEqualTo(tasks);
    try (EnginePool.Lease next = lease(minilm)) {
      assertThat(next.loadMillis()).isZero();
      assertThat(pool.idle()).isEqualTo(tasks - 1);
    }
  }

  @Test
  void modelsAreSharedByContentNotByName() throws IOException {
    Path same = Files.copy(minilm, dir.resolve("same.gguf"));
    try (EnginePool.Lease a = lease(minilm);
        EnginePool.Lease b = lease(same);
        EnginePool.Lease c = lease(other())) {
      assertThat(models.size()).isEqualTo(2);
      assertThat(hardware.loads).hasSize(2);
    }
  }

  @Test
  void modelIsLoadedOncePerDevice() {
    try (EnginePool.Lease a = lease(minilm, "0");
        EnginePool.Lease b = lease(minilm, "1");
        EnginePool.Lease c = lease(minilm, "1")) {
      assertThat(hardware.loads)
          .containsExactly(
              ModelOptions.gpu(FakeHardware.FIRST_INDEX, ModelOptions.ALL_LAYERS),
              ModelOptions.gpu(FakeHardware.FIRST_INDEX + 1, ModelOptions.ALL_LAYERS));
    }
  }

  @ParameterizedTest
  @CsvSource({"true, 3", "false, 1"})
  void precisionsWithDifferentKernelsAreSeparateModels(boolean everyKernel, int loaded) {
    hardware.everyKernel = everyKernel;
    try (EnginePool.Lease a = lease(minilm, Map.of("precision", "exact"));
        EnginePool.Lease b = lease(minilm, Map.of("precision", "fast"));
        EnginePool.Lease c = lease(minilm, Map.of("precision", "int8"))) {
      assertThat(models.size()).isEqualTo(loaded);
      assertThat(hardware.loads).hasSize(loaded);
    }
  }

  @Test
  void freesIdleEnginesAndModels() {
    lease(minilm).close();
    clock.addAndGet(MINUTE.toNanos() - 1);
    pool.freeIdleFor(MINUTE);
    assertThat(pool.idle()).isEqualTo(1);
    clock.incrementAndGet();
    pool.freeIdleFor(MINUTE);
    assertThat(pool.idle()).isZero();
    assertThat(models.size()).isZero();
    assertThat(budget.used()).isZero();
    lease(minilm).close();
    assertThat(hardware.loads).hasSize(2);
  }

  @Test
  void neverFreesAModelInUse() {
    try (EnginePool.Lease held = lease(minilm)) {
      lease(minilm, Map.of("prefix", "query: ")).close();
      clock.addAndGet(MINUTE.toNanos());
      pool.freeIdleFor(MINUTE);
      assertThat(pool.idle()).isZero();
      assertThat(models.size()).isEqualTo(1);
      assertThat(((EmbeddingEngine) held.engine()).countTokens(List.of(new byte[] {'x'})).tokens(0))
          .isPositive();
    }
  }

  @Test
  void freesIdleModelsWhenMemoryIsNeeded() throws IOException {
    limit(150); // one model of 44 MB and a context of 67 MB
    lease(minilm).close();
    try (EnginePool.Lease b = lease(other())) {
      assertThat(models.size()).isEqualTo(1);
      assertThat(pool.idle()).isZero();
    }
  }

  @Test
  void refusesAModelBeyondTheLimitBeforeLoadingIt() throws IOException {
    limit(150);
    Path other = other();
    try (EnginePool.Lease a = lease(minilm)) {
      assertThatThrownBy(() -> lease(other))
          .isInstanceOf(EmbarkException.class)
          .hasMessageContaining(other.toString())
          .hasMessageContaining("needs 45 MB, but 111 MB of 150 MB outside the heap are in use")
          // 111 MB in use, 44 MB for the model, and a context for each of the two tasks
          .hasMessageContaining("spark.executor.memoryOverhead=289m");
      assertThat(hardware.loads).hasSize(1);
    }
    lease(other).close();
  }

  @Test
  void refusesAContextBeyondTheLimitWithoutALeak() {
    limit(150);
    try (EnginePool.Lease a = lease(minilm)) {
      long before = budget.used();
      assertThatThrownBy(() -> lease(minilm)).hasMessageContaining("A context of 512 tokens");
      assertThat(budget.used()).isEqualTo(before);
    }
  }

  @Test
  void slowLoadBlocksOnlyLeasesOfTheSameModel() throws Exception {
    CountDownLatch loading = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Path slow = other();
    hardware =
        new FakeHardware(0) {
          @Override
          public LlamaModel load(Path file, ModelOptions options, WeightsCache weights) {
            if (file.equals(slow)) {
              loading.countDown();
              try {
                assertThat(goOn.await(60, TimeUnit.SECONDS)).isTrue();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            }
            return super.load(file, options, weights);
          }
        };
    limit(4096);
    CompletableFuture<EnginePool.Lease> slowTask = TestSession.concurrently(() -> lease(slow));
    loading.await();
    lease(minilm).close(); // while the other one is loading
    assertThat(slowTask).isNotDone();
    goOn.countDown();
    slowTask.get().close();
  }

  @Test
  void retriesAModelThatFailedToLoad() {
    AtomicBoolean broken = new AtomicBoolean(true);
    hardware =
        new FakeHardware(0) {
          @Override
          public LlamaModel load(Path file, ModelOptions options, WeightsCache weights) {
            if (broken.get()) {
              throw new EmbarkException(EmbarkException.Kind.MODEL, "not today");
            }
            return super.load(file, options, weights);
          }
        };
    limit(4096);
    assertThatThrownBy(() -> lease(minilm)).hasMessage("not today");
    assertThat(budget.used()).isZero();
    broken.set(false);
    lease(minilm).close();
  }

  @Test
  void aWaitingTaskLoadsTheModelIfTheLoadingTaskIsKilled() throws Exception {
    CountDownLatch loading = new CountDownLatch(1);
    hardware =
        new FakeHardware(0) {
          @Override
          public LlamaModel load(Path file, ModelOptions options, WeightsCache weights) {
            if (loading.getCount() > 0) {
              loading.countDown();
              try {
                new CountDownLatch(1).await(); // until it is killed
              } catch (InterruptedException e) {
                throw new EmbarkException(EmbarkException.Kind.CANCELLED, "killed", e);
              }
            }
            return super.load(file, options, weights);
          }
        };
    limit(4096);
    FutureTask<EnginePool.Lease> killed = new FutureTask<>(() -> lease(minilm));
    Thread killedThread = new Thread(killed);
    killedThread.start();
    loading.await();
    FutureTask<EnginePool.Lease> innocent = new FutureTask<>(() -> lease(minilm));
    Thread innocentThread = new Thread(innocent);
    innocentThread.start();
    while (innocentThread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }

    killedThread.interrupt();

    assertThatThrownBy(killed::get).cause().hasMessage("killed");
    innocent.get().close();
    assertThat(hardware.loads).hasSize(1);
  }

  @Test
  void closingALeaseIsIdempotent() {
    EnginePool.Lease lease = lease(minilm);
    lease.close();
    lease.close();
    assertThat(pool.idle()).isEqualTo(1);
    assertThat(pool.leased()).isZero();
  }

  @Test
  void freeAllFailsWhileAnEngineIsLeased() {
    try (EnginePool.Lease held = lease(minilm)) {
      assertThatThrownBy(pool::freeAll)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("1 engines are in use.");
      assertThat(((EmbeddingEngine) held.engine()).dimensions()).isEqualTo(384);
    }
  }

  @Test
  void engineBeingCreatedCountsAsLeased() {
    List<Integer> leasedMeanwhile = new ArrayList<>();
    hardware =
        new FakeHardware(0) {
          @Override
          public LlamaModel load(Path file, ModelOptions options, WeightsCache weights) {
            leasedMeanwhile.add(pool.leased());
            assertThatThrownBy(pool::freeAll).hasMessage("1 engines are in use.");
            return super.load(file, options, weights);
          }
        };
    limit(4096);
    lease(minilm).close();
    assertThat(leasedMeanwhile).containsExactly(1);
  }

  @Test
  void sharedContextsAreCreatedOncePerDeviceAndAccounted() {
    sharedContext = true;
    limit(4096);
    try (EnginePool.Lease a = lease(minilm)) {
      long used = budget.used();
      try (EnginePool.Lease b = lease(minilm);
          EnginePool.Lease c = lease(minilm)) {
        assertThat(budget.used()).isEqualTo(used);
        assertThat(((EmbeddingEngine) a.engine()).countTokens(List.of(new byte[] {'x'})).tokens(0))
            .isPositive();
      }
      // The model and a context for each of the two slots.
      assertThat(used / MB).isEqualTo(44 + 2 * 67 - 1);
      try (EnginePool.Lease onGpu = lease(minilm, "1")) {
        assertThat((budget.used() - used) / MB).isEqualTo(66);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void onlyTheTextBeyondTheMemoryLimitFails(boolean shared) {
    sharedContext = shared;
    limit(100); // the model has 44 MB, a context of 128 tokens 16 MB, one of 512 tokens 66 MB
    try (EnginePool.Lease lease = lease(minilm, Map.of("batchTokens", "128"))) {
      long before = budget.used();

      EmbeddedRows rows = embed(lease, "a cat", "cat ".repeat(400), "a dog");

      assertThat(rows.error(1).kind()).isEqualTo(EmbarkException.Kind.OUT_OF_MEMORY);
      assertThat(rows.error(1))
          .hasMessageContaining("a context of 512 tokens for " + minilm)
          .hasMessageContaining("needs 51 MB, but ")
          .hasMessageContaining(" of 100 MB outside the heap are in use")
          .hasMessageContaining("spark.executor.memoryOverhead=");
      assertThat(rows.isEmbedded(0)).isTrue();
      assertThat(rows.isEmbedded(2)).isTrue();
      assertThat(budget.used()).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void accountsForAGrownContext(boolean shared) {
    sharedContext = shared;
    limit(4096);
    try (EnginePool.Lease lease = lease(minilm, Map.of("batchTokens", "128"))) {
      long before = budget.used();

      assertThat(embed(lease, "cat ".repeat(400)).isEmbedded(0)).isTrue();

      assertThat((budget.used() - before) / MB).isEqualTo(50);
    }
  }

  @Test
  void growingAContextFreesIdleEngines() throws IOException {
    limit(150);
    Path other = other();
    lease(other, Map.of("batchTokens", "128")).close();
    try (EnginePool.Lease lease = lease(minilm, Map.of("batchTokens", "128"))) {
      assertThat(models.size()).isEqualTo(2);

      assertThat(embed(lease, "cat ".repeat(400)).isEmbedded(0)).isTrue();

      assertThat(models.size()).isEqualTo(1);
    }
  }

  @Test
  void failureToFreeOneEngineDoesNotBlockOthers() throws IOException {
    AtomicInteger closed = new AtomicInteger();
    hardware =
        new FakeHardware(0) {
          @Override
          public LlamaModel load(Path file, ModelOptions options, WeightsCache weights) {
            // Without packed weights of the accelerator nothing fails, and the other assertions
            // still hold.
            WeightsCache failing =
                (name, packing) -> weights.open(name, packing).map(kept -> failingAtEnd(kept));
            return super.load(file, options, failing);
          }

          private WeightsCache.Weights failingAtEnd(WeightsCache.Weights kept) {
            return new WeightsCache.Weights() {
              @Override
              public Path path() {
                return kept.path();
              }

              @Override
              public void close() {
                kept.close();
                closed.incrementAndGet();
                throw new IllegalStateException("on purpose");
              }
            };
          }
        };
    limit(4096);
    lease(minilm).close();
    lease(other()).close();
    clock.addAndGet(MINUTE.toNanos());
    pool.freeIdleFor(MINUTE);
    assertThat(pool.idle()).isZero();
    assertThat(models.size()).isZero();
    assertThat(budget.used()).isZero();
    assertThat(closed.get()).isIn(0, 2);
  }

  @Test
  void freesAModelEvenIfItsRemovalFromThePoolFails() {
    LoadedModel loaded =
        loaded(
            () -> {
              throw new IllegalStateException("on purpose");
            });
    assertThatThrownBy(loaded::release).hasMessage("on purpose");
    assertThat(budget.used()).isZero();
  }

  /**
   * Otherwise a concurrent lease would load a second model, which would then be removed from the
   * pool instead of the first.
   */
  @Test
  void removesAModelFromThePoolBeforeFreeingIt() {
    AtomicReference<LoadedModel> loaded = new AtomicReference<>();
    AtomicReference<Thread.State> meanwhile = new AtomicReference<>();
    AtomicBoolean retained = new AtomicBoolean(true);
    Thread other = new Thread(() -> retained.set(loaded.get().retain()));
    loaded.set(
        loaded(
            () -> {
              other.start();
              TestSession.waitFor(
                  () -> {
                    meanwhile.set(other.getState());
                    return meanwhile.get() == Thread.State.BLOCKED
                        || meanwhile.get() == Thread.State.TERMINATED;
                  });
            }));
    loaded.get().release();
    assertThat(meanwhile).hasValue(Thread.State.BLOCKED);
    TestSession.waitFor(() -> !other.isAlive());
    assertThat(retained).isFalse();
  }

  @Test
  void tasksFreeingModelsForEachOthersSharedContextsDoNotDeadlock() throws Exception {
    LoadedModel a = loaded(() -> {});
    LoadedModel b = loaded(() -> {});
    assertThat(a.retain() && b.retain()).isTrue();
    CyclicBarrier both = new CyclicBarrier(2);
    List<Thread> tasks =
        List.of(new Thread(() -> share(a, b, both)), new Thread(() -> share(b, a, both)));
    for (Thread task : tasks) {
      task.setDaemon(true);
      task.start();
    }
    for (Thread task : tasks) {
      task.join(Duration.ofSeconds(20).toMillis());
      assertThat(task.getState()).isEqualTo(Thread.State.TERMINATED);
    }
    a.release();
    b.release();
  }

  /**
   * Frees a user of another model while a shared context is created, as happens when memory is
   * short.
   */
  private static void share(LoadedModel model, LoadedModel other, CyclicBarrier both) {
    assertThatThrownBy(
            () ->
                model.shared(
                    EmbedOptions.defaults(),
                    1,
                    () -> {
                      try {
                        both.await();
                      } catch (InterruptedException | BrokenBarrierException e) {
                        throw new AssertionError(e);
                      }
                      other.release();
                      throw new IllegalStateException("no more room");
                    },
                    reserved -> tokens -> {}))
        .hasMessage("no more room");
  }

  /** A model with one user. */
  private LoadedModel loaded(Runnable atEnd) {
    StoredModel file =
        new StoredModel() {
          @Override
          public Path path() {
            return minilm;
          }

          @Override
          public String sha256() {
            return "";
          }

          @Override
          public void close() {
            // nothing to release
          }
        };
    LoadedModel loaded =
        new LoadedModel(
            file,
            ModelLoader.load(minilm, ModelOptions.cpu(Acceleration.OFF)),
            MemoryEstimate.of(minilm),
            budget.reserve("The model", MB, MB, () -> false),
            model -> atEnd.run());
    assertThat(loaded.retain()).isTrue();
    return loaded;
  }

  @Test
  void idleClockContinuesAfterAnException() throws InterruptedException {
    AtomicInteger calls = new AtomicInteger();
    CountDownLatch third = new CountDownLatch(1);
    try (IdleClock ticking =
        IdleClock.start(
            Duration.ofMillis(4),
            time -> {
              switch (calls.incrementAndGet()) {
                case 1 -> throw new IllegalStateException("on purpose");
                case 2 -> throw new NoClassDefFoundError("on purpose");
                default -> third.countDown();
              }
            })) {
      assertThat(third.await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void errorsDuringCreationDoNotLeak() {
    AtomicBoolean broken = new AtomicBoolean(true);
    hardware =
        new FakeHardware(0) {
          @Override
          public LlamaModel load(Path file, ModelOptions options, WeightsCache weights) {
            if (broken.get()) {
              throw new NoClassDefFoundError("on purpose");
            }
            return super.load(file, options, weights);
          }
        };
    limit(4096);
    assertThatThrownBy(() -> lease(minilm)).hasStackTraceContaining("on purpose");
    assertThat(budget.used()).isZero();
    assertThat(pool.leased()).isZero();
    broken.set(false);
    lease(minilm).close();
  }

  @Test
  void retiredPoolFreesEnginesOnReturn() {
    lease(minilm, Map.of("prefix", "query: ")).close();
    EnginePool.Lease held = lease(minilm);
    pool.retire();
    assertThat(pool.idle()).isZero();
    assertThat(models.size()).isEqualTo(1);
    assertThat(embed(held, "a cat").isEmbedded(0)).isTrue();
    held.close();
    held.close();
    assertThat(pool.idle()).isZero();
    assertThat(models.size()).isZero();
    assertThat(budget.used()).isZero();
  }

  private static EmbeddedRows embed(EnginePool.Lease lease, String... texts) {
    List<byte[]> window =
        Stream.of(texts).map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
    try (BufferAllocator allocator = new RootAllocator();
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      return ((EmbeddingEngine) lease.engine()).embed(window, out, () -> false).copy();
    }
  }

  private EnginePool.Lease lease(Path model, String... gpus) {
    return pool.lease(options(model, Map.of()), ModelAccess.NONE, List.of(gpus));
  }

  private EnginePool.Lease lease(Path model, Map<String, String> more) {
    return pool.lease(options(model, more), ModelAccess.NONE, List.of());
  }

  private static EmbedOptions options(Path model, Map<String, String> more) {
    return EmbedOptions.of(Map.of("model", model.toString(), "batchTokens", "512")).with(more);
  }

  /** A copy of the model with one bit of a weight flipped. */
  private Path other() throws IOException {
    Path other = Files.copy(minilm, dir.resolve("other.gguf"));
    try (RandomAccessFile file = new RandomAccessFile(other.toFile(), "rw")) {
      file.seek(file.length() - 2);
      int last = file.read();
      file.seek(file.length() - 2);
      file.write(last ^ 1);
    }
    return other;
  }
}
