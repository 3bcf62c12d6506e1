package dev.embark.job.input;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PartSizeTest {
  @Test
  void aPartGrowsWithTheCoresAndShrinksWithTheModel() {
    PartSize small = PartSize.of(20_000, 2, 46_000_000);

    assertThat(small).isEqualTo(new PartSize(8_000, 4 << 20));
    assertThat(PartSize.of(20_000, 200, 46_000_000)).isEqualTo(new PartSize(800_000, 400 << 20));
    assertThat(PartSize.of(20_000, 2, 1_000_000_000)).isEqualTo(new PartSize(800, 419_430));
    assertThat(PartSize.of(500, 2, 90_000_000_000L)).isEqualTo(new PartSize(1, 4660));
    assertThat(PartSize.of(20_000, 2, 0)).as("an unknown size").isEqualTo(small);
  }
}
