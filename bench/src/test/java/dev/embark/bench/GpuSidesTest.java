package dev.embark.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class GpuSidesTest {

  private static final List<Integer> CONTEXTS = List.of(1, 2);

  private final List<SideSpec> sides =
      new GpuSides(new JavaCommand(Path.of("java.args"), Path.of("tmp")), Path.of("m.gguf"), 3, 8)
          .all(CONTEXTS, List.of(256, 512), List.of("python3", "side.py", "folder"));

  @Test
  void theReferenceComesFirst() {
    assertThat(sides.get(0).name()).isEqualTo(GpuSides.REFERENCE);
  }

  @Test
  void everySideOfARatioIsThere() {
    assertThat(sides.stream().map(SideSpec::name))
        .containsAll(
            GpuSides.ratios(CONTEXTS).stream()
                .flatMap(ratio -> Stream.of(ratio.side(), ratio.to()))
                .toList());
  }

  @Test
  void eachNumberOfContextsIsASideThatIsMeasuredWithEachBatchOnTheGpuThatWasNamed() {
    assertThat(sides.stream().filter(side -> GpuSides.isOurs(side.name())))
        .extracting(SideSpec::name)
        .containsExactly("gpu-1-context", "gpu-2-contexts");
    SideSpec two = sides.get(3);
    assertThat(two.command()).endsWith("m.gguf", "3", "2", "8");
    assertThat(two.batches()).isEqualTo(new SideSpec.Batches(List.of(256, 512), true));
  }
}
