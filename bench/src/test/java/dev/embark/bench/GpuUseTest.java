package dev.embark.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GpuUseTest {

  @TempDir Path folder;

  @Test
  void theSpeedIsTheMeanOfThePrintedFiguresAndOtherLinesAreIgnored() throws Exception {
    Path percents = folder.resolve("percents");
    Files.writeString(percents, "10\n [N/A]\n 20 \n30.5\n");
    long start = System.nanoTime();
    try (GpuUse use = GpuUse.of(List.of("cat", percents.toString()))) {
      while (use.samples() < 3) {
        Thread.onSpinWait();
      }
      assertThat(use.since(start)).hasValue(60.5 / 3);
      assertThat(use.since(System.nanoTime())).isEmpty();
    }
  }

  @Test
  void withoutSuchAProgramNothingIsKnown() {
    try (GpuUse use = GpuUse.of(List.of(folder.resolve("none").toString()))) {
      assertThat(use.since(0)).isEqualTo(OptionalDouble.empty());
    }
  }
}
