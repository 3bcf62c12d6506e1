package dev.embark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.SharedEncoder;
import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.generate.GenerationEngine;
import dev.embark.engine.model.EngineMemory;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.GeneratedRows;
import dev.embark.engine.text.HostileTexts;
import dev.embark.gguf.GgufTensorType;
import dev.embark.llama.Gpus;
import dev.embark.llama.LlamaBackend;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The engine on a GPU of CUDA or Vulkan against the engine on the CPU; Vulkan's may be Mesa's
 * device that computes on the CPU but is driven as a GPU is (Debian: mesa-vulkan-drivers). Skipped
 * where there is none, unless {@code embark.gpu.required} is set.
 */
@ExtendWith(NothingStaysOpen.class)
class GpuEngineTest {
  /** 1 − cosine that a GPU may add, whose products are of 16-bit floats. */
  private static final double ROUNDING = 1e-3;

  private static final int TEXTS = 20;

  @TempDir Path dir;
  private static LlamaBackend.Device gpu;
  private BufferAllocator allocator;

  @BeforeAll
  static void findDevice() {
    List<LlamaBackend.Device> gpus = Gpus.list();
    if (!Boolean.getBoolean("embark.gpu.required")) {
      assumeFalse(gpus.isEmpty(), Gpus.whyNone());
    }
    assertThat(gpus).isNotEmpty();
    gpu = gpus.get(0);
  }

  @BeforeEach
  void open() {
    allocator = new RootAllocator();
  }

  @AfterEach
  void nothingIsLeaked() {
    allocator.close();
  }

  // One of each make: decoders take Mesa's device up to a minute.
  @ParameterizedTest
  @EnumSource(
      value = TinyKind.class,
      names = {"NOMIC_BERT", "MODERN_BERT", "QWEN3_LAST"})
  void modelsHaveTheVectorsOfTheCpu(TinyKind kind) throws IOException {
    agrees(kind.write(dir), Map.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"jina-bert-v2", "jina-bert-v3"})
  void modelsWithOtherPositionsHaveTheVectorsOfTheCpu(String architecture) throws IOException {
    agrees(new RandomBert(architecture, 2, 2, 32, 64, GgufTensorType.F16).write(dir), Map.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"mean", "cls", "last"})
  void bertHasTheVectorsOfTheCpuWithEveryPooling(String pooling) throws IOException {
    agrees(TinyModel.wordPiece(dir), Map.of("pooling", pooling));
  }

  @Test
  void aTextHasTheSameVectorAloneAndInAnyBatch() throws IOException {
    try (LlamaModel model = onGpu(TinyModel.wordPiece(dir))) {
      List<float[]> together = embed(model, Map.of(), texts());
      List<float[]> narrow = embed(model, Map.of("batchTokens", "64"), texts());
      for (int row = 0; row < TEXTS; row += 4) {
        float[] alone = embed(model, Map.of(), texts()[row]).get(0);
        assertThat(Embedded.distance(together.get(row), alone)).isLessThan(ROUNDING);
        assertThat(Embedded.distance(narrow.get(row), alone)).isLessThan(ROUNDING);
      }
    }
  }

  /** Where free memory ends, the CPU computes what is left. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void someLayersMayStayOnTheCpu(int layers) throws IOException {
    Path file = TinyModel.wordPiece(dir);
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.gpu(gpu.index(), layers))) {
      same(embed(model, Map.of(), texts()), onCpu(file, Map.of()));
    }
  }

  @Test
  void tasksThatFeedOneContextHaveTheVectorsOfEachAlone() throws Exception {
    Path file = TinyModel.wordPiece(dir);
    List<float[]> expected = onCpu(file, Map.of());
    EmbedOptions options = EmbedOptions.of(Map.of("batchTokens", "256"));
    try (LlamaModel model = onGpu(file);
        SharedEncoder shared = SharedEncoder.open(model, Pooling.MODEL, 256, 1)) {
      atOnce(
          8,
          () -> {
            try (EmbeddingEngine engine = new EmbeddingEngine(model, options, shared)) {
              return Embedded.of(engine, allocator, texts()).vectors();
            }
          },
          expected);
    }
  }

  @Test
  void contextsSideBySideOnOneDeviceDoNotDisturbEachOther() throws Exception {
    Path file = TinyModel.wordPiece(dir);
    List<float[]> expected = onCpu(file, Map.of());
    try (LlamaModel model = onGpu(file)) {
      atOnce(3, () -> embed(model, Map.of("batchTokens", "64"), texts()), expected);
    }
  }

  @Test
  void severalModelsShareADevice() throws IOException {
    Path bert = TinyModel.wordPiece(dir);
    Path nomic = TinyKind.NOMIC_BERT.write(dir);
    try (LlamaModel first = onGpu(bert);
        LlamaModel second = onGpu(nomic)) {
      same(embed(first, Map.of(), texts()), onCpu(bert, Map.of()));
      same(embed(second, Map.of(), texts()), onCpu(nomic, Map.of()));
      same(embed(first, Map.of(), texts()), onCpu(bert, Map.of()));
    }
  }

  @Test
  void aWindowThatIsCancelledLeavesAnEngineThatServesTheNext() throws IOException {
    Path file = TinyModel.wordPiece(dir);
    try (LlamaModel model = onGpu(file);
        EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.defaults());
        var out = VectorWriter.newVector("embedding", allocator)) {
      assertThatThrownBy(() -> engine.embed(Embedded.utf8(texts()), out, () -> true))
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CANCELLED));
      same(Embedded.of(engine, allocator, texts()).vectors(), onCpu(file, Map.of()));
    }
  }

  @Test
  void hostileTextsHaveAVectorOrAReason() throws IOException {
    List<byte[]> texts = new ArrayList<>(HostileTexts.of(60, 120));
    texts.add(60, "dog sees the old cat".getBytes(StandardCharsets.UTF_8));
    try (LlamaModel model = onGpu(TinyModel.wordPiece(dir));
        EmbeddingEngine engine =
            new EmbeddingEngine(model, EmbedOptions.of(Map.of("maxTokens", "64")))) {
      float[] alone = Embedded.ofBytes(engine, allocator, texts.subList(60, 61)).vector(0);
      Embedded embedded = Embedded.ofBytes(engine, allocator, texts);
      for (int row = 0; row < texts.size(); row++) {
        float[] vector = embedded.vector(row);
        assertThat(vector == null).isEqualTo(embedded.rows().error(row) != null);
        if (vector != null) {
          for (float value : vector) {
            assertThat(Float.isFinite(value)).isTrue();
          }
        }
      }
      assertThat(Embedded.distance(embedded.vector(60), alone)).isLessThan(ROUNDING);
    }
  }

  @ParameterizedTest
  @EnumSource(TinyDecoder.class)
  void answersAreThoseOfTheCpu(TinyDecoder kind) throws IOException {
    Path file = kind.write(dir);
    List<byte[]> prompts = Embedded.utf8("a dog", "the old cat sees", "x", "tell me of birds");
    GenerateOptions options = GenerateOptions.of(Map.of("maxTokens", "12"));
    List<String> cpu;
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu());
        GenerationEngine engine = new GenerationEngine(model, options)) {
      cpu = answers(engine, prompts);
    }
    try (LlamaModel model = onGpu(file);
        GenerationEngine engine = new GenerationEngine(model, options)) {
      assertThat(answers(engine, prompts)).isEqualTo(cpu);
    }
  }

  private static List<String> answers(GenerationEngine engine, List<byte[]> prompts) {
    GeneratedRows rows = engine.generate(prompts, () -> false);
    List<String> answers = new ArrayList<>();
    for (int row = 0; row < rows.size(); row++) {
      assertThat(rows.error(row)).isNull();
      answers.add(rows.text(row));
    }
    return answers;
  }

  private void agrees(Path file, Map<String, String> options) throws IOException {
    try (LlamaModel model = onGpu(file)) {
      same(embed(model, options, texts()), onCpu(file, options));
    }
  }

  private static LlamaModel onGpu(Path file) {
    return ModelLoader.load(file, EngineMemory.onGpu(gpu, file, EmbedOptions.defaults()));
  }

  private List<float[]> onCpu(Path file, Map<String, String> options) {
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu(Acceleration.OFF))) {
      return embed(model, options, texts());
    }
  }

  private List<float[]> embed(LlamaModel model, Map<String, String> options, String... texts) {
    try (EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.of(options))) {
      return Embedded.of(engine, allocator, texts).vectors();
    }
  }

  /** Each of the threads gives these vectors. */
  private static void atOnce(int threads, Callable<List<float[]>> work, List<float[]> expected)
      throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<List<float[]>>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        all.add(work);
      }
      for (Future<List<float[]>> vectors : pool.invokeAll(all)) {
        same(vectors.get(), expected);
      }
    } finally {
      pool.shutdown();
    }
  }

  private static String[] texts() {
    Random random = new Random(12);
    String[] texts = new String[TEXTS];
    Arrays.setAll(texts, i -> TinyModel.words(random, 1 + random.nextInt(30)) + " " + i);
    return texts;
  }

  private static void same(List<float[]> actual, List<float[]> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int row = 0; row < expected.size(); row++) {
      assertThat(Embedded.distance(actual.get(row), expected.get(row))).isLessThan(ROUNDING);
    }
  }
}
