package dev.embark.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.embark.engine.TinyModel;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryEstimateTest {
  // all-MiniLM-L6-v2 in F16, from its header.
  private static final MemoryEstimate MINILM =
      new MemoryEstimate(45_949_216, 6, 30_522, 384, 1536, 12, 0, false);
  private static final long MB = 1 << 20;

  @TempDir Path dir;

  /** The right-hand figures are what the process grew by when such a context was used. */
  @ParameterizedTest
  @CsvSource({"256, 35", "512, 69", "1024, 138", "2048, 278", "8192, 1210"})
  void aContextTakesWhatWasMeasured(int tokens, int megabytes) {
    assertThat(MINILM.contextBytes(tokens, ModelOptions.CPU) / MB)
        .isCloseTo(megabytes, withinPercentage(10));
  }

  @Test
  void theHeaderHasEverythingThatIsNeeded() throws IOException {
    Path file = TinyModel.wordPiece(dir);
    MemoryEstimate estimate = MemoryEstimate.of(file);
    assertThat(estimate.modelBytes()).isEqualTo(Files.size(file));
    assertThat(estimate.dimensions()).isEqualTo(TinyModel.DIMENSIONS);
    assertThat(estimate.layers()).isEqualTo(2);
    assertThat(estimate.cacheWidth()).isZero();
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      assertThat(estimate.vocabulary()).isEqualTo(model.vocabularySize());
    }
  }

  @Test
  void aModelWithACacheTakesMore() {
    MemoryEstimate withCache = new MemoryEstimate(1, 6, 30_522, 384, 1536, 12, 384, false);
    assertThat(withCache.contextBytes(512, 0) - MINILM.contextBytes(512, 0))
        .isEqualTo(512L * (6 * 2 * 384 * 2 + 30_522 * 4));
  }

  @Test
  void answersByAModelInF32TakeCellsTwiceAsWideOnACpuOnly() {
    MemoryEstimate half = new MemoryEstimate(1, 6, 30_522, 384, 1536, 12, 384, false);
    MemoryEstimate f32 = new MemoryEstimate(1, 6, 30_522, 384, 1536, 12, 384, true);
    int cpu = ModelOptions.CPU;

    assertThat(f32.generationBytes(4096, 512, 16, cpu) - half.generationBytes(4096, 512, 16, cpu))
        .isEqualTo(4096L * 6 * 384 * 2 * 2);
    assertThat(f32.generationBytes(4096, 512, 16, 0))
        .isEqualTo(half.generationBytes(4096, 512, 16, 0));
  }

  @Test
  void filesThatAreNoModelAreNamed() throws IOException {
    Path file = Files.writeString(dir.resolve("no.gguf"), "nothing");
    assertThatThrownBy(() -> MemoryEstimate.of(file))
        .isInstanceOf(EmbarkException.class)
        .hasMessageContaining("no.gguf");
  }

  @ParameterizedTest
  @CsvSource({"2000, -1", "700, -1", "600, 3", "585, 0", "100, 0"})
  void layersThatFitTheFreeMemoryRunOnTheGpu(int freeMegabytes, int layers) {
    assertThat(GpuLayers.fitting(MINILM, MINILM.contextBytes(512, 0), freeMegabytes * MB))
        .isEqualTo(layers);
  }
}
