package dev.embark.job.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AxisTest {
  @ParameterizedTest
  @ValueSource(doubles = {0.003, 1, 3, 7.5, 10, 99, 100, 101, 3030, 8_000_001, 4e12})
  void theGreatestValueIsOnItAndFillsAtLeastHalf(double greatest) {
    Axis axis = Axis.upTo(greatest);

    assertThat(axis.end()).isBetween(greatest * (1 - 1e-6), greatest * 2);
    assertThat(axis.ticks()).hasSizeBetween(2, 5);
    assertThat(axis.ticks().get(0)).isZero();
    assertThat(axis.ticks().get(axis.ticks().size() - 1))
        .isEqualTo(axis.end(), within(1e-6 * axis.end()));
  }

  @Test
  void stepsAreRound() {
    assertThat(Axis.upTo(3030).ticks()).containsExactly(0.0, 1000.0, 2000.0, 3000.0, 4000.0);
    assertThat(Axis.upTo(9).ticks()).containsExactly(0.0, 5.0, 10.0);
  }

  @Test
  void nothingHasAnAxisToo() {
    assertThat(Axis.upTo(0).ticks()).containsExactly(0.0, 1.0);
  }

  @Test
  void theDistanceFromTheTopIsTheDifferenceFromTheMaximum() {
    assertThat(Axis.upTo(4000).down(1000, 200)).isEqualTo(150);
  }
}
