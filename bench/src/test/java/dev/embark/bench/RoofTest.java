package dev.embark.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RoofTest {
  private static final SideSpec SIDE = SideSpec.of("engine", "", List.of()).multiplying("int16");
  // 1,000 tokens in 0.5 s of CPU are 2,000 tokens or 42.5 · 10⁹ operations a second.
  private static final SideResult RESULT =
      new SideResult("engine", "short", 10, 1000, 0, Optional.empty(), List.of(Round.of(0.5, 0.5)));

  @Test
  void aTokenTakesTwoOperationsForEachWeightOfALayer() {
    assertThat(Roof.OPERATIONS_OF_TOKEN).isEqualTo(21_233_664);
  }

  @Test
  void aShareIsThatOfTheSidesKindOfNumber() {
    Roof roof = Roof.parse("f32\t1e9\nint16\t84934656000\n");

    assertThat(roof.share(SIDE, RESULT)).hasValueCloseTo(0.5, within(1e-9));
    assertThat(roof.share(SIDE.multiplying("int8"), RESULT)).isEmpty();
  }

  @Test
  void whereNothingWasBuiltThereIsNoRoof() throws Exception {
    Roof roof = Roof.measure(Path.of("no", "program"));

    assertThat(roof.operations()).isEmpty();
    assertThat(roof.kindOfFast()).isEmpty();
  }
}
