package dev.embark.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class CosinesTest {

  @Test
  void theLeastAndTheMeanOfTheCosinesOfRows() throws SideException {
    Cosines cosines =
        Cosines.of(new float[][] {{2, 0}, {1, 1}, {3, 4}}, new float[][] {{1, 0}, {1, 0}, {6, 8}});

    assertThat(cosines.min()).isCloseTo(Math.sqrt(0.5), within(1e-12));
    assertThat(cosines.mean()).isCloseTo((2 + Math.sqrt(0.5)) / 3, within(1e-12));
  }

  @Test
  void vectorsThatCannotBeComparedAreAFailureOfTheSide() {
    float[][] reference = {{1, 0}, {0, 1}};
    assertThatThrownBy(() -> Cosines.of(new float[][] {{1, 0}}, reference))
        .isInstanceOf(SideException.class)
        .hasMessage("it gave 1 vectors for 2 texts");
    assertThatThrownBy(() -> Cosines.of(new float[][] {{1, 0}, {1}}, reference))
        .isInstanceOf(SideException.class)
        .hasMessageContaining("1 dimensions, the reference's 2");
    assertThatThrownBy(() -> Cosines.of(new float[][] {{1, 0}, {0, 0}}, reference))
        .isInstanceOf(SideException.class)
        .hasMessage("its vector of text 1 is no vector");
  }
}
