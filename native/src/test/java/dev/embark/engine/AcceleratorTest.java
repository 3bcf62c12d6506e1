package dev.embark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.embark.gguf.GgufTensorType;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Vectors of random BERT models with the accelerator, against those of llama.cpp alone. */
class AcceleratorTest {
  private static final double EXACT = 1e-6;
  private static final double FAST = 1e-4;
  private static final int THREADS = 8;

  // Tokens of the sequences of each batch.
  private static final List<int[]> BATCHES =
      List.of(
          new int[] {1},
          new int[] {2},
          new int[] {257},
          new int[] {512},
          new int[] {1, 2, 257, 33, 12, 100},
          filled(256, 1),
          filled(256, 2));

  @TempDir Path dir;

  @BeforeEach
  void onMachinesThatHaveIt() {
    LlamaBackend.start();
    assumeThat(Accelerator.kernels(Acceleration.FAST)).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "2, 32, 100, F32",
    "12, 32, 384, F16",
    "3, 64, 200, BF16",
    "3, 48, 96, F32",
    "1, 48, 50, F16",
    "5, 2, 33, F32",
    "1, 33, 7, BF16",
    "2, 128, 64, F16"
  })
  void vectorsOfAnyShapeAreThoseOfLlamaCpp(int heads, int headSize, int hidden, GgufTensorType type)
      throws IOException {
    Path file = new RandomBert(2, heads, headSize, hidden, type).write(dir);

    List<float[]> plain = vectors(file, Acceleration.OFF);

    // Before a product with weights in BF16 llama.cpp rounds the other side to BF16 too.
    double exact = type == GgufTensorType.BF16 ? FAST : EXACT;
    assertThat(furthest(vectors(file, Acceleration.EXACT), plain)).isLessThan(exact);
    assertThat(furthest(vectors(file, Acceleration.FAST), plain)).isLessThan(FAST);
  }

  @ParameterizedTest
  @EnumSource(names = {"EXACT", "FAST"})
  void aModelOfOneLayerHasThemToo(Acceleration acceleration) throws IOException {
    Path file = new RandomBert(1, 2, 32, 64, GgufTensorType.F32).write(dir);

    assertThat(furthest(vectors(file, acceleration), vectors(file, Acceleration.OFF)))
        .isLessThan(FAST);
  }

  @ParameterizedTest
  @EnumSource(names = {"EXACT", "FAST"})
  void sequencesThatAreNoRunsOfTokensAreLeftToLlamaCpp(Acceleration acceleration)
      throws IOException {
    Path file = new RandomBert(2, 2, 32, 64, GgufTensorType.F32).write(dir);

    List<float[]> plain = interleaved(file, Acceleration.OFF);

    assertThat(furthest(interleaved(file, acceleration), plain)).isLessThan(FAST);
  }

  @Test
  void threadsWithAContextEachShareTheWeightsAndGetTheSame() throws Exception {
    Path file = new RandomBert(2, 2, 48, 96, GgufTensorType.F16).write(dir);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try (LlamaModel model = LlamaModel.load(file, ModelOptions.cpu())) {
      List<float[]> alone = vectors(model);
      List<Future<List<float[]>>> together =
          threads.invokeAll(Collections.nCopies(THREADS, () -> vectors(model)));
      for (Future<List<float[]>> one : together) {
        assertThat(furthest(one.get(), alone)).isLessThan(1e-12);
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void aTextHasTheSameVectorInAnyCompany() throws IOException {
    Path file = new RandomBert(2, 2, 32, 64, GgufTensorType.F16).write(dir);
    try (LlamaModel model = LlamaModel.load(file, ModelOptions.cpu())) {
      float[] alone = vectors(model, Pooling.CLS, new int[] {12}).get(0);
      float[] first = vectors(model, Pooling.CLS, new int[] {12, 100, 7}).get(0);

      assertThat(first).isEqualTo(alone);
    }
  }

  @Test
  void itIsUsedForBertAloneAndOnlyWhereItIsWanted() throws IOException {
    Path bert = new RandomBert(2, 2, 32, 64, GgufTensorType.F16).write(dir);
    Path other = TinyKind.NOMIC_BERT.write(dir);

    assertThat(acceleration(bert, Map.of())).isEqualTo(Acceleration.FAST);
    assertThat(acceleration(bert, Map.of("precision", "exact"))).isEqualTo(Acceleration.EXACT);
    assertThat(acceleration(bert, Map.of("accelerator", "off"))).isEqualTo(Acceleration.OFF);
    assertThat(acceleration(other, Map.of())).isEqualTo(Acceleration.OFF);
  }

  /** The kernels themselves, against loops in double precision. */
  @Test
  void kernelsOfEveryInstructionSetAreRight() throws Exception {
    Path program =
        Path.of(System.getProperty("basedir", "."), "target", "llama", "accelerator-test");
    Process process =
        new ProcessBuilder(program.toString())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("out").toFile())
            .start();

    assertThat(process.waitFor()).as(() -> text(dir.resolve("out"))).isZero();
    assertThat(text(dir.resolve("out"))).contains("avx2").contains(" 0 wrong");
  }

  /** Run by {@link #forcedInstructionsComputeTheSame}. */
  static final class Forced {
    private Forced() {}

    public static void main(String[] args) throws IOException {
      Path file = Path.of(args[0]);
      List<float[]> plain = vectors(file, Acceleration.OFF);
      System.out.println(Accelerator.kernels(Acceleration.EXACT) + ".");
      System.out.println(Accelerator.kernels(Acceleration.FAST) + ".");
      System.out.println(furthest(vectors(file, Acceleration.EXACT), plain));
      System.out.println(furthest(vectors(file, Acceleration.FAST), plain));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "avx2, AVX2, AVX2",
    "avx512, AVX-512, AVX-512",
    "avx512_bf16, AVX-512, AVX-512 BF16",
    "abacus, '', ''"
  })
  void forcedInstructionsComputeTheSame(String isa, String exact, String fast) throws Exception {
    Path file = new RandomBert(2, 3, 48, 100, GgufTensorType.F16).write(dir);

    List<String> lines = runForced(isa, file);

    // A machine without the instructions has no accelerator then.
    assertThat(lines.get(0)).isIn(exact + ".", ".");
    assertThat(lines.get(1)).isIn(fast + ".", ".");
    if (isa.equals("avx2")) {
      assertThat(lines.get(0)).isEqualTo("AVX2.");
    }
    assertThat(Double.parseDouble(lines.get(2))).isLessThan(EXACT);
    assertThat(Double.parseDouble(lines.get(3))).isLessThan(FAST);
  }

  private List<String> runForced(String isa, Path file) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Forced.class.getName(),
            file.toString()));
    File out = dir.resolve("forced").toFile();
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("EMBARK_ACCELERATOR_ISA", isa);
    assertThat(builder.redirectOutput(out).start().waitFor()).as(() -> text(out.toPath())).isZero();
    return Files.readAllLines(out.toPath());
  }

  private static Acceleration acceleration(Path file, Map<String, String> options) {
    ModelOptions wanted = ModelOptions.cpu(EmbedOptions.of(options).acceleration());
    try (LlamaModel model = LlamaModel.load(file, wanted)) {
      return model.acceleration();
    }
  }

  private static List<float[]> vectors(Path file, Acceleration acceleration) {
    try (LlamaModel model = LlamaModel.load(file, ModelOptions.cpu(acceleration))) {
      return vectors(model);
    }
  }

  private static List<float[]> vectors(LlamaModel model) {
    List<float[]> all = new ArrayList<>();
    for (int[] lengths : BATCHES) {
      all.addAll(vectors(model, Pooling.MODEL, lengths));
    }
    return all;
  }

  /** The vector of each sequence of random tokens in a batch; the same tokens each time. */
  private static List<float[]> vectors(LlamaModel model, Pooling pooling, int[] lengths) {
    try (LlamaContext context = new LlamaContext(model, RandomBert.CONTEXT, pooling);
        TokenBatch batch = new TokenBatch(model, RandomBert.CONTEXT, context.maxSequences())) {
      Random random = new Random(24);
      for (int sequence = 0; sequence < lengths.length; sequence++) {
        for (int position = 0; position < lengths[sequence]; position++) {
          int token = random.nextInt(model.vocabularySize());
          batch.add(token, position, new int[] {sequence}, true);
        }
      }
      return decode(model, context, batch, lengths.length);
    }
  }

  /** Of two sequences whose tokens take turns. */
  private static List<float[]> interleaved(Path file, Acceleration acceleration) {
    try (LlamaModel model = LlamaModel.load(file, ModelOptions.cpu(acceleration));
        LlamaContext context = new LlamaContext(model, 64, Pooling.MODEL);
        TokenBatch batch = new TokenBatch(model, 64, context.maxSequences())) {
      for (int i = 0; i < 20; i++) {
        batch.add(5 + i, i / 2, new int[] {i % 2}, true);
      }
      return decode(model, context, batch, 2);
    }
  }

  private static List<float[]> decode(
      LlamaModel model, LlamaContext context, TokenBatch batch, int sequences) {
    assertThat(context.decode(batch)).isEqualTo(LlamaContext.Status.DONE);
    List<float[]> vectors = new ArrayList<>();
    for (int sequence = 0; sequence < sequences; sequence++) {
      float[] vector = new float[model.dimensions()];
      assertThat(context.embedding(sequence, vector)).isTrue();
      vectors.add(vector);
    }
    return vectors;
  }

  private static double furthest(List<float[]> found, List<float[]> expected) {
    assertThat(found).hasSameSizeAs(expected);
    double furthest = 0;
    for (int i = 0; i < expected.size(); i++) {
      double distance = Embedded.distance(found.get(i), expected.get(i));
      furthest = Math.max(furthest, Double.isNaN(distance) ? 2 : distance);
    }
    return furthest;
  }

  private static int[] filled(int n, int value) {
    int[] all = new int[n];
    Arrays.fill(all, value);
    return all;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
