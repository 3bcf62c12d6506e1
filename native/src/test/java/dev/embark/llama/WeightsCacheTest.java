package dev.embark.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.embark.engine.RandomBert;
import dev.embark.engine.embed.RandomBatches;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.gguf.GgufTensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights that the accelerator packs once, for all processes to map. */
class WeightsCacheTest {
  private static final ModelOptions FAST = ModelOptions.cpu(Acceleration.FAST);
  private static final Path MAPPINGS = Path.of("/proc/self/smaps");

  @TempDir Path dir;
  private final AtomicInteger packed = new AtomicInteger();
  private final AtomicInteger closed = new AtomicInteger();
  private Path model;

  @BeforeEach
  void onMachinesThatHaveAnAccelerator() throws IOException {
    LlamaBackend.start();
    assumeThat(Accelerator.kernelsOf(Acceleration.FAST)).isNotEmpty();
    model = new RandomBert(2, 12, 32, 384, GgufTensorType.F16).write(dir);
  }

  /** A cache of the simplest kind. */
  private Optional<WeightsCache.Weights> open(String name, WeightsCache.Packing packing) {
    assertThat(name).matches("[A-Za-z0-9_-]+");
    Path file = dir.resolve(name);
    if (!Files.exists(file)) {
      packed.incrementAndGet();
      try {
        packing.writeTo(file);
      } catch (IOException e) {
        return Optional.empty();
      }
    }
    return Optional.of(
        new WeightsCache.Weights() {
          @Override
          public Path path() {
            return file;
          }

          @Override
          public void close() {
            closed.incrementAndGet();
          }
        });
  }

  @ParameterizedTest
  @EnumSource(names = {"EXACT", "FAST", "INT8"})
  void weightsOfAFileMakeTheVeryVectorsOfThoseInMemory(Acceleration acceleration) {
    ModelOptions options = ModelOptions.cpu(acceleration);
    List<float[]> expected = RandomBatches.vectors(model, acceleration);

    for (int load = 0; load < 2; load++) {
      try (LlamaModel loaded = ModelLoader.load(model, options, this::open)) {
        assertThat(RandomBatches.furthest(RandomBatches.vectors(loaded), expected)).isZero();
      }
    }

    assertThat(packed).hasValue(1);
    assertThat(closed).hasValue(2);
  }

  @Test
  void everyWayOfPackingHasAFileOfItsOwn() {
    for (Acceleration acceleration :
        List.of(Acceleration.EXACT, Acceleration.FAST, Acceleration.INT8)) {
      ModelLoader.load(model, ModelOptions.cpu(acceleration), this::open).close();
    }

    assertThat((long) packed.get())
        .isEqualTo(
            List.of(Acceleration.EXACT, Acceleration.FAST, Acceleration.INT8).stream()
                .map(Accelerator::kernelsOf)
                .distinct()
                .count());
  }

  @Test
  void packedWeightsAreMappedAndTheModelIsNotInMemoryTwice() throws IOException {
    assumeThat(MAPPINGS).isReadable();
    try (LlamaModel loaded = ModelLoader.load(model, FAST, this::open)) {
      Path weights = dir.resolve(Accelerator.packing(Acceleration.FAST));
      RandomBatches.vectors(loaded);

      // In whole pages.
      long size = Files.size(weights);
      assertThat(resident(weights)).isBetween(size, size + 65_535);
      assertThat(resident(model)).isLessThan(Files.size(model) / 2);
    }
  }

  /** Bytes of a mapped file that are in memory. */
  private static long resident(Path file) throws IOException {
    List<String> lines = Files.readAllLines(MAPPINGS);
    long bytes = 0;
    boolean ofFile = false;
    for (String line : lines) {
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        ofFile = line.endsWith(" " + file);
      } else if (ofFile && line.startsWith("Rss:")) {
        bytes += Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    return bytes;
  }

  @Test
  void aFileThatCannotBeTheseWeightsIsNotUsed() throws IOException {
    Files.write(dir.resolve(Accelerator.packing(Acceleration.FAST)), new byte[5000]);

    try (LlamaModel loaded = ModelLoader.load(model, FAST, this::open)) {
      assertThat(RandomBatches.vectors(loaded))
          .usingRecursiveComparison()
          .isEqualTo(RandomBatches.vectors(model, Acceleration.FAST));
    }
  }

  @Test
  void anUnwritableCacheFileIsReportedAndTheModelLoads() {
    WeightsCache cache =
        (name, packing) -> {
          Path nowhere = dir.resolve("no such directory").resolve(name);
          assertThatThrownBy(() -> packing.writeTo(nowhere))
              .isInstanceOf(IOException.class)
              .hasMessage(nowhere + " could not be written");
          return Optional.empty();
        };

    try (LlamaModel loaded = ModelLoader.load(model, FAST, cache)) {
      assertThat(loaded.acceleration()).isEqualTo(Acceleration.FAST);
    }
  }

  @Test
  void aFileIsClosedWhenTheModelCannotBeLoaded() throws IOException {
    ModelLoader.load(model, FAST, this::open).close();
    byte[] bytes = Files.readAllBytes(model);
    WeightsCache cache =
        (name, packing) -> {
          write(model, Arrays.copyOf(bytes, bytes.length / 2));
          return open(name, packing);
        };

    assertThatThrownBy(() -> ModelLoader.load(model, FAST, cache))
        .isInstanceOf(EmbarkException.class)
        .hasMessageContaining("cannot be loaded");
    assertThat(closed).hasValue(2);
  }

  private static void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void nothingIsKeptOfWhatLlamaCppComputesAlone() {
    ModelLoader.load(model, ModelOptions.cpu(Acceleration.OFF), this::open).close();

    assertThat(packed).hasValue(0);
  }
}
