package dev.embark.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class HalfFloatTest {

  @Test
  void everyF16NumberSurvivesTheWayToFloatAndBack() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float value = HalfFloat.fromF16((short) bits);
      if (!Float.isNaN(value)) {
        assertThat(HalfFloat.toF16(value)).as("bits %04x", bits).isEqualTo((short) bits);
      }
    }
  }

  @Test
  void knownF16NumbersHaveTheBitsOfTheStandard() {
    assertThat(HalfFloat.toF16(1f)).isEqualTo((short) 0x3C00);
    assertThat(HalfFloat.toF16(-2f)).isEqualTo((short) 0xC000);
    assertThat(HalfFloat.toF16(1f / 3)).isEqualTo((short) 0x3555);
    assertThat(HalfFloat.toF16(HalfFloat.MAX_F16)).isEqualTo((short) 0x7BFF);
    assertThat(HalfFloat.toF16(0x1p-14f)).isEqualTo((short) 0x0400);
    assertThat(HalfFloat.toF16(0x1p-24f)).isEqualTo((short) 0x0001);
    assertThat(HalfFloat.toF16(-0f)).isEqualTo((short) 0x8000);
    assertThat(HalfFloat.toF16(Float.POSITIVE_INFINITY)).isEqualTo((short) 0x7C00);
    assertThat(HalfFloat.fromF16(HalfFloat.toF16(Float.NaN))).isNaN();
  }

  @Test
  void f16TiesGoToTheEvenNeighbour() {
    assertThat(HalfFloat.toF16(1f + 0x1p-11f)).isEqualTo((short) 0x3C00);
    assertThat(HalfFloat.toF16(1f + 3 * 0x1p-11f)).isEqualTo((short) 0x3C02);
    assertThat(HalfFloat.toF16(1f + 0x1p-11f + 0x1p-23f)).isEqualTo((short) 0x3C01);
    assertThat(HalfFloat.toF16(0x1p-25f)).isEqualTo((short) 0);
    assertThat(HalfFloat.toF16(3 * 0x1p-25f)).isEqualTo((short) 2);
  }

  @Test
  void f16RoundsUpIntoTheNextExponentAndIntoInfinity() {
    assertThat(HalfFloat.toF16(Math.nextDown(2f))).isEqualTo((short) 0x4000);
    assertThat(HalfFloat.toF16(Math.nextDown(0x1p-14f))).isEqualTo((short) 0x0400);
    assertThat(HalfFloat.toF16(Math.nextDown(65520f))).isEqualTo((short) 0x7BFF);
    assertThat(HalfFloat.toF16(65520f)).isEqualTo((short) 0x7C00);
  }

  @Test
  void noF16NumberIsNearerThanTheOneChosen() {
    Random random = new Random(7);
    for (int i = 0; i < 100_000; i++) {
      float value = (float) (random.nextGaussian() * Math.pow(2, random.nextInt(30) - 24));
      if (Math.abs(value) >= HalfFloat.MAX_F16) {
        continue;
      }
      short bits = HalfFloat.toF16(value);
      double error = Math.abs((double) HalfFloat.fromF16(bits) - value);
      for (int step : new int[] {-1, 1}) {
        double other = HalfFloat.fromF16((short) (bits + step));
        if (!Double.isNaN(other)) {
          assertThat(error).as("%s", value).isLessThanOrEqualTo(Math.abs(other - value));
        }
      }
    }
  }

  @Test
  void bf16KeepsTheUpperHalfRoundedToEven() {
    assertThat(HalfFloat.toBf16(1f)).isEqualTo((short) 0x3F80);
    assertThat(HalfFloat.toBf16(Float.intBitsToFloat(0x3F80_8000))).isEqualTo((short) 0x3F80);
    assertThat(HalfFloat.toBf16(Float.intBitsToFloat(0x3F81_8000))).isEqualTo((short) 0x3F82);
    assertThat(HalfFloat.toBf16(Float.intBitsToFloat(0x3F80_8001))).isEqualTo((short) 0x3F81);
    assertThat(HalfFloat.fromBf16(HalfFloat.toBf16(Float.intBitsToFloat(0x7F80_0001)))).isNaN();
    assertThat(HalfFloat.fromBf16((short) 0xC040)).isEqualTo(-3f);
  }
}
