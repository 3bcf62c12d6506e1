package dev.embark.job.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.cli.RunTotals;
import dev.embark.job.report.RunReport.Point;
import dev.embark.job.state.RunPlan;
import dev.embark.job.state.WaveResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class MeterTest {
  private static final long SECOND = 1_000_000_000;

  private long now;
  private Totals counted = new Totals(0, 0, 0, 0, 0);
  private final Meter meter = new Meter(() -> counted, () -> now);

  private static RunPlan plan(long rows, int waves, WaveResult... committed) {
    return new RunPlan("r", 1, "f", waves, rows, rows, 0, 0, 0, List.of(committed));
  }

  private static WaveResult wave(int number, long rows, long tokens, long failed) {
    RunTotals totals =
        new RunTotals(
            rows, tokens, 0, new TreeMap<>(Map.of("TOO_LONG", failed)), 0, 0, 0, new TreeMap<>());
    return new WaveResult(number, Instant.EPOCH, Duration.ZERO, totals);
  }

  private RunProgress progress() {
    return meter.now().orElseThrow();
  }

  @Test
  void nothingIsKnownBeforeThePlan() {
    assertThat(meter.now()).isEmpty();
  }

  @Test
  void aRunningWaveIsKnownByTheCountersSinceItsStart() {
    counted = new Totals(500, 9000, 0, 7, 0); // from an earlier query of the application
    meter.planned(plan(100, 2));
    meter.waveStarted(0, 50);
    counted = new Totals(525, 9600, 0, 8, 0);
    now = 10 * SECOND;
    meter.sample();

    assertThat(progress().wave()).isEqualTo(1);
    assertThat(progress().waves()).isEqualTo(2);
    assertThat(progress().rows()).isEqualTo(25);
    assertThat(progress().percent()).isEqualTo(25);
    assertThat(progress().failed()).isEqualTo(1);
    assertThat(progress().tokens()).isEqualTo(600);
    assertThat(progress().tokensPerSecond()).isEqualTo(60);
    assertThat(progress().secondsLeft()).hasValue(30);
  }

  @Test
  void aCommittedWaveIsKnownByWhatWasWritten() {
    meter.planned(plan(100, 2));
    meter.waveStarted(0, 50);
    counted = new Totals(70, 1500, 0, 3, 0); // includes a retried task
    assertThat(progress().rows()).isEqualTo(50);
    meter.waveCommitted(wave(0, 50, 1000, 2));

    assertThat(progress().rows()).isEqualTo(50);
    assertThat(progress().tokens()).isEqualTo(1000);
    assertThat(progress().failed()).isEqualTo(2);
  }

  @Test
  void whatAnEarlierProcessDidCountsAsDoneButNotAsPace() {
    meter.planned(plan(100, 4, wave(0, 25, 500, 1), wave(1, 25, 500, 0)));
    assertThat(progress().rows()).isEqualTo(50);
    assertThat(progress().failed()).isEqualTo(1);
    assertThat(progress().secondsLeft()).isEmpty();

    meter.waveStarted(2, 25);
    now = 5 * SECOND;
    meter.waveCommitted(wave(2, 25, 500, 0));

    assertThat(progress().secondsLeft()).hasValue(5);
    assertThat(meter.timeline(5)).containsExactly(new Point(0, 5, 25, 500));
  }

  @Test
  void nothingToDoIsDone() {
    meter.planned(plan(0, 0));

    assertThat(progress().percent()).isEqualTo(100);
  }
}
