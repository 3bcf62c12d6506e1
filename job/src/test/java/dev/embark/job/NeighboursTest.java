package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class NeighboursTest {
  private final Neighbours texts =
      new Neighbours(
          List.of(
              new Neighbours.Text("far", new float[] {-1, 0}),
              new Neighbours.Text("near", new float[] {10, 1}),
              new Neighbours.Text("between", new float[] {1, 1})));

  @Test
  void theNearestComesFirstWhateverTheLengths() {
    assertThat(texts.nearest(new float[] {1, 0}, 2))
        .extracting(Neighbours.Neighbour::text)
        .containsExactly("near", "between");
  }

  @Test
  void cosineIsThatOfTheAngle() {
    assertThat(Neighbours.cosine(new float[] {3, 4}, new float[] {8, 6}))
        .isCloseTo(0.96, within(1e-12));
  }
}
