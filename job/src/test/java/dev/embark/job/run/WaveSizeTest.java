package dev.embark.job.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.cli.RunTotals;
import dev.embark.job.state.WaveResult;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WaveSizeTest {
  private static WaveResult wave(int number, int parts, Duration took) {
    return new WaveResult(number, parts, Instant.EPOCH, took, RunTotals.NONE);
  }

  @Test
  void theFirstWaveIsOnePart() {
    assertThat(WaveSize.parts(List.of(), 1000)).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "10, 60, 1000, 40", // as long again as the target allows
    "10, 1, 1000, 40", // at most four times as much
    "10, 240, 1000, 10",
    "10, 480, 1000, 5",
    "10, 3600, 1000, 1", // never less than a part
    "1, 3600, 1000, 1",
    "10, 60, 7, 7", // what is left
    "10, 0, 1000, 40",
  })
  void aWaveIsSizedByTheTimeOfTheLastOne(int parts, int seconds, int left, int expected) {
    WaveResult last = wave(3, parts, Duration.ofSeconds(seconds));

    assertThat(WaveSize.parts(List.of(wave(2, 1, Duration.ofHours(1)), last), left))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"1", "60", "700"})
  void wavesComeToLastMinutes(int secondsPerPart) {
    List<WaveResult> waves = new ArrayList<>();
    int left = 10_000;
    while (left > 0) {
      int parts = WaveSize.parts(waves, left);
      waves.add(wave(waves.size(), parts, Duration.ofSeconds((long) parts * secondsPerPart)));
      left -= parts;
    }

    long target = Math.max(WaveSize.TARGET.toSeconds(), secondsPerPart);
    assertThat(waves.subList(5, waves.size() - 1))
        .allSatisfy(wave -> assertThat(wave.took().toSeconds()).isBetween(target / 2, target));
  }
}
