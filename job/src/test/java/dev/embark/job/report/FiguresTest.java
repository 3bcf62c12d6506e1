package dev.embark.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;

class FiguresTest {
  @Test
  void countsPartTheirThousands() {
    assertThat(Figures.count(1_234_567)).isEqualTo("1,234,567");
  }

  @Test
  void shortCountsKeepTwoFiguresBelowTen() {
    assertThat(Figures.shortCount(950)).isEqualTo("950");
    assertThat(Figures.shortCount(1000)).isEqualTo("1k");
    assertThat(Figures.shortCount(1234)).isEqualTo("1.2k");
    assertThat(Figures.shortCount(999_999)).isEqualTo("1M");
    assertThat(Figures.shortCount(34_200_000)).isEqualTo("34M");
    assertThat(Figures.shortCount(0.5)).isEqualTo("0.5");
  }

  @Test
  void sizesAreInBinaryUnits() {
    assertThat(Figures.bytes(512)).isEqualTo("512 B");
    assertThat(Figures.bytes(45_403_340)).isEqualTo("43.3 MiB");
  }

  @Test
  void durationsHaveTwoUnitsAtMost() {
    assertThat(Figures.duration(0)).isEqualTo("0 s");
    assertThat(Figures.duration(4.21)).isEqualTo("4.2 s");
    assertThat(Figures.duration(59.97)).isEqualTo("1 min 00 s");
    assertThat(Figures.duration(187)).isEqualTo("3 min 07 s");
    assertThat(Figures.duration(18_180)).isEqualTo("5 h 03 min");
  }

  @Test
  void aCostIsThatOfCoresAndWallTime() {
    assertThat(Cost.of(0.05, 8, 9000, 3_000_000))
        .isEqualTo(new Cost(new BigDecimal("1"), new BigDecimal("0.333")));
    assertThat(Cost.of(1200, 1, 3600, 0)).isEqualTo(new Cost(new BigDecimal("1200"), null));
    assertThat(Cost.of(0, 1, 3600, 5).total()).isEqualTo(new BigDecimal("0"));
  }

  @Test
  void sharesOfNothingAreZero() {
    assertThat(Figures.percent(1, 8)).isEqualTo("12.5 %");
    assertThat(Figures.percent(0, 0)).isEqualTo("0 %");
  }
}
