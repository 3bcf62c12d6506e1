package dev.embark.engine.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NormalizationTest {

  @ParameterizedTest
  @CsvSource({
    "none, 3, -4, 0",
    "l2, 0.6, -0.8, 0",
    "l1, 0.42857143, -0.5714286, 0",
    "max, 24570, -32760, 0",
    // (27 + 64)^(1/3) = 4.4979414
    "p:3, 0.6669718, -0.8892957, 0",
    // (81 + 256)^(1/4) = 4.2845723
    "p:4, 0.7001866, -0.9335821, 0",
  })
  void aVectorIsScaledAsByHand(String value, float x, float y, float z) {
    float[] vector = {3, -4, 0};

    Normalization.parse(value).apply(vector, 3);

    assertThat(vector[0]).isCloseTo(x, within(Math.abs(x) * 1e-6f));
    assertThat(vector[1]).isCloseTo(y, within(Math.abs(y) * 1e-6f));
    assertThat(vector[2]).isEqualTo(z);
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "l2", "l1", "max", "p:3", "p:999"})
  void aZeroVectorStaysZero(String value) {
    float[] vector = new float[4];

    Normalization.parse(value).apply(vector, 4);

    assertThat(vector).containsExactly(0, 0, 0, 0);
  }

  @Test
  void onlyTheGivenLengthIsLookedAtAndScaled() {
    float[] vector = {3, 4, 100};

    Normalization.L2.apply(vector, 2);

    assertThat(vector).containsExactly(0.6f, 0.8f, 100f);
  }

  @Test
  void valuesWhoseSquaresOverflowFloatsAreScaled() {
    float[] vector = {3e30f, 4e30f};

    Normalization.L2.apply(vector, 2);

    assertThat(vector[0]).isCloseTo(0.6f, within(1e-6f));
    assertThat(vector[1]).isCloseTo(0.8f, within(1e-6f));
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "max", "l1", "l2", "p:3", "p:999"})
  void aValueIsWrittenInTheFormThatIsRead(String value) {
    assertThat(Normalization.parse(value)).hasToString(value);
    assertThat(Normalization.parse(value.toUpperCase(java.util.Locale.ROOT))).hasToString(value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "l3", "p:", "p:0", "p:1", "p:2", "p:-3", "p:03", "p:1000", "p:x"})
  void anotherValueIsRefused(String value) {
    assertThatThrownBy(() -> Normalization.parse(value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("p:<n>");
  }
}
