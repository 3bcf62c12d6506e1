package dev.embark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.llama.Accelerator;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.NativeHandles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Short texts by the hundred thousand on one engine; a million with the profile {@code fuzz}. */
class SoakTest {
  private static final int TEXTS = Boolean.getBoolean("embark.fuzz") ? 1_000_000 : 100_000;
  private static final int WARM_UP = 50_000;
  private static final int WINDOW = 1_000;
  private static final int BYTES_PER_TEXT = Boolean.getBoolean("embark.fuzz") ? 10 : 100;
  private static final Path STATUS = Path.of("/proc/self/status");

  @TempDir Path dir;

  /** A vector of 32 floats that is lost for each text would be 128 bytes. */
  @Test
  void residentMemoryIsFlatAfterTheFirstTexts() throws IOException {
    assumeThat(STATUS).isReadable();
    Random random = new Random(70);
    List<Long> resident = new ArrayList<>(); // bytes, after each 5,000 texts behind the warm-up
    try (LlamaModel model = ModelLoader.load(TinyModel.wordPiece(dir), ModelOptions.cpu());
        BufferAllocator allocator = new RootAllocator();
        EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.defaults());
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      assertThat(model.acceleration() == Acceleration.OFF)
          .isEqualTo(Accelerator.kernelsOf(Acceleration.FAST).isEmpty());
      for (int done = 0; done < TEXTS; done += WINDOW) {
        EmbeddedRows rows = engine.embed(window(random), out, () -> false);
        assertThat(rows.isEmbedded(WINDOW - 1)).isTrue();
        if (done > WARM_UP && done % (5 * WINDOW) == 0) {
          // Garbage that is not collected yet is no leak.
          System.gc();
          resident.add(residentBytes());
        }
      }
    }
    double bytesPerText = bytesPerSample(resident) / (5.0 * WINDOW);
    System.out.printf(
        "%d texts: %d MiB resident after the first %d, %d MiB at the end, %.1f bytes more a text%n",
        TEXTS,
        resident.get(0) >> 20,
        WARM_UP,
        resident.get(resident.size() - 1) >> 20,
        bytesPerText);
    assertThat(bytesPerText).isLessThan(BYTES_PER_TEXT);
    assertThat(NativeHandles.open()).isZero();
  }

  private static List<byte[]> window(Random random) {
    List<byte[]> window = new ArrayList<>();
    for (int i = 0; i < WINDOW; i++) {
      window.add(TinyModel.words(random, 1 + random.nextInt(8)).getBytes(StandardCharsets.UTF_8));
    }
    return window;
  }

  private static long residentBytes() throws IOException {
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
        .findFirst()
        .orElseThrow();
  }

  /** The slope of the line of least squares. */
  private static double bytesPerSample(List<Long> samples) {
    double middle = (samples.size() - 1) / 2.0;
    double products = 0;
    double squares = 0;
    for (int i = 0; i < samples.size(); i++) {
      products += (i - middle) * samples.get(i);
      squares += (i - middle) * (i - middle);
    }
    return products / squares;
  }
}
