package dev.embark.engine;

import static dev.embark.engine.embed.RandomBatches.furthest;
import static dev.embark.engine.embed.RandomBatches.inF32;
import static dev.embark.engine.embed.RandomBatches.vectors;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.embark.engine.options.Acceleration;
import dev.embark.gguf.GgufTensorType;
import dev.embark.llama.Accelerator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The accelerator with instructions that the environment names, each in a JVM of its own. */
@Tag("native")
class ForcedInstructionsTest {
  private static final double EXACT = 1e-6;
  private static final double FAST = 1e-5;
  private static final double EIGHT_BITS = 1e-2;
  private static final List<Acceleration> ACCELERATED =
      List.of(Acceleration.EXACT, Acceleration.FAST, Acceleration.INT8);

  @TempDir Path dir;

  @BeforeEach
  void onMachinesThatHaveIt() {
    assumeThat(Accelerator.kernelsOf(Acceleration.FAST)).isNotEmpty();
  }

  /** Run by {@link #forcedInstructionsComputeTheSame}. */
  static final class Forced {
    private Forced() {}

    /** Takes pairs of a model and one that llama.cpp is to compute in its place. */
    public static void main(String[] args) {
      for (Acceleration acceleration : ACCELERATED) {
        System.out.println(Accelerator.kernelsOf(acceleration) + ".");
      }
      System.out.println(digest(Path.of(args[0])));
      for (int i = 0; i < args.length; i += 2) {
        List<float[]> plain = vectors(Path.of(args[i + 1]), Acceleration.OFF);
        for (Acceleration acceleration : ACCELERATED) {
          System.out.println(furthest(vectors(Path.of(args[i]), acceleration), plain));
        }
      }
    }
  }

  /** Of the bits of the vectors that {@code fast} computes. */
  private static int digest(Path model) {
    return Arrays.deepHashCode(vectors(model, Acceleration.FAST).toArray());
  }

  @ParameterizedTest
  @CsvSource({
    "avx2, avx2, AVX2 f32, AVX2 int16, AVX2 int16",
    "avx_vnni, avx_vnni, AVX2 f32, AVX-VNNI int16, AVX-VNNI int8",
    "avx512, avx512dq, AVX-512 f32, AVX-512 f32, AVX-512 f32",
    "avx512_vnni, avx512_vnni, AVX-512 f32, AVX-512 VNNI int16, AVX-512 VNNI int8",
    "neon, asimd, NEON f32, NEON int16, NEON int16",
    "neon_dot, asimddp, NEON f32, NEON int16, NEON int8",
    "abacus, abacus, '', '', ''"
  })
  void forcedInstructionsComputeTheSame(
      String isa, String flag, String exact, String fast, String int8) throws Exception {
    Path half = new RandomBert(2, 3, 48, 100, GgufTensorType.F16).write(dir);
    Path single = new RandomBert(2, 4, 32, 256, GgufTensorType.F32).write(dir);
    Path gated = new RandomBert("nomic-bert", 2, 2, 64, 96, GgufTensorType.F32).write(dir);
    Path windows = new RandomBert("modern-bert", 2, 3, 64, 100, GgufTensorType.F32).write(dir);
    Path fading = new RandomBert("jina-bert-v2", 2, 3, 32, 80, GgufTensorType.F32).write(dir);
    Path eight = new RandomBert(2, 1, 64, 96, GgufTensorType.Q8_0).write(dir);
    Path brain = new RandomBert(1, 3, 64, 200, GgufTensorType.BF16).write(dir);

    String[] files =
        Stream.concat(
                Stream.of(half, single, gated, windows, fading).flatMap(f -> Stream.of(f, f)),
                Stream.of(eight, inF32(eight), brain, brain))
            .map(Path::toString)
            .toArray(String[]::new);

    List<String> lines =
        new ChildJvm(Forced.class, Map.of("EMBARK_ACCELERATOR_ISA", isa), List.of())
            .run(files)
            .outOfSuccess();

    // A machine without the instructions has no accelerator then.
    boolean has = Files.readString(Path.of("/proc/cpuinfo")).contains(" " + flag + " ");
    assertThat(lines.get(0)).isEqualTo((has ? exact : "") + ".");
    assertThat(lines.get(1)).isEqualTo((has ? fast : "") + ".");
    assertThat(lines.get(2)).isEqualTo((has ? int8 : "") + ".");
    if (has
        && fast.endsWith("int16")
        && Accelerator.kernelsOf(Acceleration.FAST).endsWith("int16")) {
      assertThat(lines.get(3)).isEqualTo(Integer.toString(digest(half)));
    }
    List<Double> furthest = lines.stream().skip(4).map(Double::parseDouble).toList();
    assertThat(furthest).hasSize(21);
    for (int i = 0; i < furthest.size(); i++) {
      int model = i / 3;
      // llama.cpp alone rounds both sides of products in BF16, and of those in Q8_0 more than that.
      boolean alike = i % 3 == 0 && model < (has ? 6 : 5);
      boolean coarse = i % 3 == 2 || !has && model >= 5;
      double most = alike ? EXACT : coarse ? EIGHT_BITS : FAST;
      assertThat(furthest.get(i)).as("distance %d of %s", i, isa).isLessThan(most);
    }
  }
}
