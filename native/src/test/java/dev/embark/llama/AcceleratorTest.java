package dev.embark.llama;

import static dev.embark.engine.embed.RandomBatches.decode;
import static dev.embark.engine.embed.RandomBatches.furthest;
import static dev.embark.engine.embed.RandomBatches.inF32;
import static dev.embark.engine.embed.RandomBatches.vectors;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.embark.engine.RandomBert;
import dev.embark.engine.TinyKind;
import dev.embark.engine.batch.ContextMemory;
import dev.embark.engine.embed.RandomBatches;
import dev.embark.engine.embed.RerankingEngine;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.options.RerankOptions;
import dev.embark.engine.rows.TextPair;
import dev.embark.gguf.GgufTensorType;
import dev.embark.imports.ImportType;
import dev.embark.imports.ModelImport;
import dev.embark.imports.TinyFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Vectors of random BERT models with the accelerator, against those of llama.cpp alone. */
class AcceleratorTest {
  private static final double EXACT = 1e-6;
  private static final double FAST = 1e-5;
  private static final double LLAMA_CPP_BF16 = 1e-4;
  private static final double INT8 = 1e-3;
  private static final int THREADS = 8;

  @TempDir Path dir;

  @BeforeEach
  void onMachinesThatHaveIt() {
    LlamaBackend.start();
    assumeThat(Accelerator.kernelsOf(Acceleration.FAST)).isNotEmpty();
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
    boolean isRounded = type == GgufTensorType.BF16;
    assertThat(furthest(vectors(file, Acceleration.EXACT), plain))
        .isLessThan(isRounded ? LLAMA_CPP_BF16 : EXACT);
    assertThat(furthest(vectors(file, Acceleration.FAST), plain))
        .isLessThan(isRounded ? LLAMA_CPP_BF16 : FAST);
  }

  @Tag("native")
  @ParameterizedTest
  @CsvSource({
    "nomic-bert, 2, 32, 96, F32",
    "nomic-bert, 12, 64, 384, F16",
    "nomic-bert, 3, 64, 200, BF16",
    "nomic-bert, 2, 48, 33, F32",
    "nomic-bert, 1, 34, 7, F32",
    "jina-bert-v3, 4, 32, 128, F16",
    "jina-bert-v3, 3, 48, 100, F32",
    "jina-bert-v2, 4, 32, 128, F32",
    "jina-bert-v2, 12, 64, 200, F16",
    "jina-bert-v2, 3, 48, 100, BF16",
    "modern-bert, 2, 32, 96, F32",
    "modern-bert, 12, 64, 1152, F16",
    "modern-bert, 3, 64, 200, BF16",
    "modern-bert, 1, 34, 64, F32"
  })
  void descendantsOfBertHaveTheVectorsOfLlamaCpp(
      String architecture, int heads, int headSize, int hidden, GgufTensorType type)
      throws IOException {
    Path file = new RandomBert(architecture, 4, heads, headSize, hidden, type).write(dir);

    List<float[]> plain = vectors(file, Acceleration.OFF);

    boolean isRounded = type == GgufTensorType.BF16;
    assertThat(acceleration(file, Map.of())).isEqualTo(Acceleration.FAST);
    assertThat(furthest(vectors(file, Acceleration.EXACT), plain))
        .isLessThan(isRounded ? LLAMA_CPP_BF16 : EXACT);
    assertThat(furthest(vectors(file, Acceleration.FAST), plain))
        .isLessThan(isRounded ? LLAMA_CPP_BF16 : FAST);
  }

  /** llama.cpp rounds the other side of such a product to 8 bits, too, and so is no reference. */
  @ParameterizedTest
  @CsvSource({"2, 32, 96", "3, 64, 256", "2, 48, 160"})
  void eightBitWeightsAreMultipliedByTheirDequantisedValues(int heads, int headSize, int hidden)
      throws IOException {
    Path file = new RandomBert(2, heads, headSize, hidden, GgufTensorType.Q8_0).write(dir);

    List<float[]> expected = vectors(inF32(file), Acceleration.OFF);

    assertThat(acceleration(file, Map.of("precision", "exact"))).isEqualTo(Acceleration.EXACT);
    assertThat(furthest(vectors(file, Acceleration.EXACT), expected)).isLessThan(EXACT);
    assertThat(furthest(vectors(file, Acceleration.FAST), expected)).isLessThan(FAST);
    assertThat(furthest(vectors(file, Acceleration.OFF), expected)).isGreaterThan(EXACT);
  }

  /** Matrices whose rows are no whole blocks of 128 are multiplied as without it. */
  @ParameterizedTest
  @CsvSource({
    "4, 32, 512, F16",
    "12, 32, 384, F32",
    "2, 64, 200, BF16",
    "3, 64, 256, F16",
    "4, 64, 384, Q8_0",
    "5, 2, 33, F32"
  })
  void eightBitsStayClose(int heads, int headSize, int hidden, GgufTensorType type)
      throws IOException {
    Path file = new RandomBert(2, heads, headSize, hidden, type).write(dir);

    Path reference = type == GgufTensorType.Q8_0 ? inF32(file) : file;
    List<float[]> expected = vectors(reference, Acceleration.OFF);

    assertThat(furthest(vectors(file, Acceleration.INT8), expected)).isLessThan(INT8);
  }

  @ParameterizedTest
  @EnumSource(names = {"EXACT", "FAST", "INT8"})
  void aModelOfOneLayerHasThemToo(Acceleration acceleration) throws IOException {
    Path file = new RandomBert(1, 2, 32, 64, GgufTensorType.F32).write(dir);

    assertThat(furthest(vectors(file, acceleration), vectors(file, Acceleration.OFF)))
        .isLessThan(acceleration == Acceleration.INT8 ? INT8 : FAST);
  }

  @ParameterizedTest
  @EnumSource(names = {"EXACT", "FAST", "INT8"})
  void sequencesThatAreNoRunsOfTokensAreLeftToLlamaCpp(Acceleration acceleration)
      throws IOException {
    Path file = new RandomBert(2, 2, 32, 64, GgufTensorType.F32).write(dir);

    List<float[]> plain = interleaved(file, Acceleration.OFF);

    assertThat(furthest(interleaved(file, acceleration), plain))
        .isLessThan(acceleration == Acceleration.INT8 ? INT8 : FAST);
  }

  @ParameterizedTest
  @EnumSource(names = {"EXACT", "FAST", "INT8"})
  void threadsWithAContextEachShareTheWeightsAndGetTheSame(Acceleration acceleration)
      throws Exception {
    Path file = new RandomBert(2, 4, 32, 256, GgufTensorType.F16).write(dir);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu(acceleration))) {
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

  @ParameterizedTest
  @CsvSource({
    "EXACT, bert",
    "FAST, bert",
    "INT8, bert",
    "FAST, nomic-bert",
    "FAST, jina-bert-v2",
    "FAST, modern-bert"
  })
  void aTextHasTheSameVectorInAnyCompany(Acceleration acceleration, String architecture)
      throws IOException {
    Path file = new RandomBert(architecture, 4, 4, 32, 256, GgufTensorType.F16).write(dir);
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu(acceleration))) {
      for (Pooling pooling : List.of(Pooling.CLS, Pooling.MEAN)) {
        float[] alone = vectors(model, pooling, new int[] {12}).get(0);

        assertThat(vectors(model, pooling, new int[] {12, 100, 7}).get(0)).isEqualTo(alone);
        assertThat(vectors(model, pooling, new int[] {5, 12, 90}).get(1)).isEqualTo(alone);
      }
    }
  }

  @Test
  void itIsUsedForBertsAloneAndOnlyWhereItIsWanted() throws IOException {
    Path bert = new RandomBert(2, 2, 32, 64, GgufTensorType.F16).write(dir);
    Path rotary = TinyKind.NOMIC_BERT.write(dir);
    Path other = TinyKind.GEMMA_EMBEDDING.write(dir);

    assertThat(acceleration(bert, Map.of())).isEqualTo(Acceleration.FAST);
    assertThat(acceleration(bert, Map.of("precision", "exact"))).isEqualTo(Acceleration.EXACT);
    assertThat(acceleration(bert, Map.of("precision", "int8")))
        .isEqualTo(Accelerator.hasInt8() ? Acceleration.INT8 : Acceleration.FAST);
    assertThat(acceleration(bert, Map.of("accelerator", "off"))).isEqualTo(Acceleration.OFF);
    assertThat(acceleration(rotary, Map.of("precision", "int8"))).isEqualTo(Acceleration.FAST);
    assertThat(acceleration(other, Map.of())).isEqualTo(Acceleration.OFF);
  }

  /** Node by node the vectors would be the same, and slower. */
  @ParameterizedTest
  @CsvSource({
    "bert, F32",
    "bert, Q8_0",
    "nomic-bert, F16",
    "jina-bert-v2, F32",
    "jina-bert-v3, BF16",
    "modern-bert, F16"
  })
  void encodersAreComputedWhole(String architecture, GgufTensorType type) throws IOException {
    Path file = new RandomBert(architecture, 4, 3, 64, 128, type).write(dir);

    assertThat(encodersIn(() -> vectors(file, Acceleration.OFF))).isZero();
    for (Acceleration used : List.of(Acceleration.EXACT, Acceleration.FAST, Acceleration.INT8)) {
      assertThat(encodersIn(() -> vectors(file, used))).isEqualTo(RandomBatches.count());
    }
    assertThat(encodersIn(() -> interleaved(file, Acceleration.FAST))).isZero();
  }

  @Test
  void theEncoderOfARerankerIsComputedWhole() throws IOException {
    TinyFolder folder = TinyFolder.reranker(Files.createDirectory(dir.resolve("folder")));
    Path file = dir.resolve("reranker.gguf");
    ModelImport.convert(folder.root(), "tiny", ImportType.F32, file);
    byte[] pair = new TextPair(new byte[] {'a'}, new byte[] {'b'}).toBytes();
    for (Acceleration used : Acceleration.values()) {
      try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu(used));
          RerankingEngine engine =
              new RerankingEngine(model, RerankOptions.defaults(), ContextMemory.UNLIMITED)) {
        assertThat(encodersIn(() -> engine.score(List.of(pair), () -> false)))
            .isEqualTo(used == Acceleration.OFF ? 0 : 1);
      }
    }
  }

  /** The kernels themselves, against loops in double precision. */
  @Tag("native")
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
    assertThat(text(dir.resolve("out")))
        .containsPattern("AVX2 int16|NEON int16")
        .contains(" 0 wrong");
  }

  /** A sum that is written to memory in every step costs up to half of the speed. */
  @Tag("native")
  @Test
  void kLoopsKeepTheirSumsInRegisters() throws Exception {
    assumeThat(System.getProperty("os.arch")).isEqualTo("amd64");
    Path library =
        Path.of(System.getProperty("basedir", "."), "target", "llama", "resources")
            .resolve("dev/embark/llama/linux-x86_64/libembark-accelerator.so");
    Process objdump =
        new ProcessBuilder("objdump", "-d", "--no-show-raw-insn", library.toString())
            .redirectOutput(dir.resolve("code").toFile())
            .start();
    assertThat(objdump.waitFor()).isZero();

    List<List<String>> loops = kLoops(Files.readAllLines(dir.resolve("code")));

    // 6 or 12 numbers of rows: f32 with AVX2 and AVX-512; int16, which starts or adds, with AVX2,
    // AVX-VNNI and AVX-512; int8 with the latter two.
    assertThat(loops).hasSizeGreaterThanOrEqualTo(6 + 12 + 2 * (6 + 6 + 12) + 2 * (6 + 12));
    for (List<String> loop : loops) {
      List<String> vectors = loop.stream().filter(line -> line.contains("mm")).toList();
      List<String> loads =
          vectors.stream()
              .filter(line -> line.contains("(") && !line.contains("vbroadcastss"))
              .toList();
      assertThat(loads).as(String.join("\n", loop)).hasSize(2).allMatch(LOAD.asMatchPredicate());
    }
  }

  private static final Pattern LINE = Pattern.compile(" *([0-9a-f]+):\\s+(.*?)\\s*");
  private static final Pattern BRANCH = Pattern.compile("jne +([0-9a-f]+).*");
  private static final Pattern LOAD = Pattern.compile("vmovups +[^%]*\\(%r\\w+\\),%[yz]mm[01]");

  /** Returns the loops without an inner loop that multiply a broadcast value. */
  private static List<List<String>> kLoops(List<String> code) {
    List<List<String>> loops = new ArrayList<>();
    Map<String, Integer> lines = new HashMap<>();
    List<String> instructions = new ArrayList<>();
    for (String line : code) {
      Matcher parts = LINE.matcher(line);
      if (!parts.matches()) {
        continue;
      }
      lines.put(parts.group(1), instructions.size());
      instructions.add(parts.group(2));
      Matcher branch = BRANCH.matcher(parts.group(2));
      Integer start = branch.matches() ? lines.get(branch.group(1)) : null;
      if (start != null) {
        List<String> loop = List.copyOf(instructions.subList(start, instructions.size()));
        boolean isInner = loop.stream().filter(one -> one.startsWith("j")).count() == 1;
        boolean broadcasts = loop.stream().anyMatch(one -> one.startsWith("vbroadcastss ("));
        boolean multiplies =
            loop.stream().anyMatch(one -> one.matches("(.vex. )?(vpdp|vpmaddwd|vfmadd231ps).*"));
        if (isInner && broadcasts && multiplies) {
          loops.add(loop);
        }
      }
    }
    return loops;
  }

  private static long encodersIn(Runnable work) {
    long before = Accelerator.encoders();
    work.run();
    return Accelerator.encoders() - before;
  }

  private static Acceleration acceleration(Path file, Map<String, String> options) {
    ModelOptions wanted = ModelOptions.cpu(EmbedOptions.of(options).acceleration());
    try (LlamaModel model = ModelLoader.load(file, wanted)) {
      return model.acceleration();
    }
  }

  /** Of two sequences whose tokens take turns. */
  private static List<float[]> interleaved(Path file, Acceleration acceleration) {
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu(acceleration));
        LlamaContext context = new LlamaContext(model, 64, Pooling.MODEL);
        TokenBatch batch = new TokenBatch(model, 64, context.maxSequences())) {
      for (int i = 0; i < 20; i++) {
        batch.add(5 + i, i / 2, new int[] {i % 2}, true);
      }
      return decode(model, context, batch, 2);
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
