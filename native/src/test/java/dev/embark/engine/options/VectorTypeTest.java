package dev.embark.engine.options;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VectorTypeTest {
  @Test
  void int8PutsTheLargestElementAtTheEndOfItsRange() {
    assertThat(VectorType.toInt8(new float[] {0.5f, -0.3f, 0, 0.1f}))
        .containsExactly(127, -76, 0, 25);
  }

  @Test
  void int8OfAZeroVectorIsZero() {
    assertThat(VectorType.toInt8(new float[3])).containsExactly(0, 0, 0);
  }

  @Test
  void binaryPacksSignsFromTheHighestBitDown() {
    float[] vector = {1, -1, 0.1f, 0, -0.1f, -2, 3, 4, 5};
    assertThat(VectorType.toBinary(vector)).containsExactly((byte) 0b10100011, (byte) 0b10000000);
  }
}
