package dev.embark.spark.vectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Random;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumericCosineTest {
  private static final MathContext DIGITS = new MathContext(60);

  /** Vector norms from squares that underflow, over subnormal squares, to squares that overflow. */
  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "1e200, 1e200",
    "1e-200, 1e-200",
    "1e200, 1e-200",
    "1e-161, 1e-155",
    "1e-141, 1",
    "1e153, 1e154",
    "1e-308, 1e-320",
    "8e307, 1e-5"
  })
  void matchesDecimalArithmeticForVectorsOfAnyNorm(double sizeA, double sizeB) {
    Random random = new Random(7);
    for (int n : new int[] {1, 2, 3, 384}) {
      double[] a = new double[n];
      double[] b = new double[n];
      for (int i = 0; i < n; i++) {
        a[i] = (random.nextDouble() * 2 - 1) * sizeA;
        b[i] = (random.nextDouble() * 2 - 1) * sizeB;
      }
      double expected = decimal(a, b);
      double itself = decimal(a, a);
      assertThat(cosine(a, b)).as("of %d".formatted(n)).isEqualTo((float) expected);
      assertThat(cosine(a, a)).isEqualTo((float) itself).isEqualTo(1f);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void isNullForANonFiniteElement(double element) {
    double[] bad = {1, element, 1e200};
    double[] good = {1, 2, 3};
    assertThat(cosine(bad, good)).isNull();
    assertThat(cosine(good, bad)).isNull();
    assertThat(cosine(bad, bad)).isNull();
    assertThat(cosine(bad, new double[3])).isNull();
  }

  @Test
  void isNullForAVectorWithoutADirection() {
    assertThat(cosine(new double[] {0, -0.0}, new double[] {1, 2})).isNull();
    assertThat(cosine(new double[] {1, 2}, new double[2])).isNull();
    assertThat(cosine(new double[0], new double[0])).isNull();
  }

  @Test
  void staysWithinMinusOneAndOne() {
    Random random = new Random(8);
    for (int round = 0; round < 2000; round++) {
      double factor = Math.scalb(random.nextDouble() + 0.1, random.nextInt(1800) - 900);
      double[] a = random.doubles(5, -1, 1).toArray();
      double[] b = new double[5];
      for (int i = 0; i < b.length; i++) {
        b[i] = -a[i] * factor;
      }
      assertThat((double) cosine(a, b)).isBetween(-1.0, 1.0).isCloseTo(-1, within(1e-6));
    }
  }

  private static Float cosine(double[] a, double[] b) {
    return NumericCosine.of(
        UnsafeArrayData.fromPrimitiveArray(a),
        DataTypes.DoubleType,
        new GenericArrayData(b),
        DataTypes.DoubleType);
  }

  private static double decimal(double[] a, double[] b) {
    BigDecimal dot = BigDecimal.ZERO;
    BigDecimal squaresA = BigDecimal.ZERO;
    BigDecimal squaresB = BigDecimal.ZERO;
    for (int i = 0; i < a.length; i++) {
      BigDecimal x = new BigDecimal(a[i], DIGITS);
      BigDecimal y = new BigDecimal(b[i], DIGITS);
      dot = dot.add(x.multiply(y), DIGITS);
      squaresA = squaresA.add(x.multiply(x), DIGITS);
      squaresB = squaresB.add(y.multiply(y), DIGITS);
    }
    return dot.divide(squaresA.multiply(squaresB, DIGITS).sqrt(DIGITS), DIGITS).doubleValue();
  }
}
