package dev.embark.job.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.rows.RowCounts;
import dev.embark.job.cli.RunTotals;
import dev.embark.job.report.RunReport.Point;
import dev.embark.job.state.Manifest;
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
  private RowCounts counted = RowCounts.NONE;
  private final Meter meter = new Meter(() -> counted, () -> now);

  private static RowCounts counts(long rows, long tokens, long failed) {
    return new RowCounts(rows, 0, failed, 0, 0, 0, tokens, 0);
  }

  private static RunPlan plan(long rows, int waves, WaveResult... committed) {
    return new RunPlan(
        "r",
        1,
        "f",
        Map.of(),
        waves,
        rows,
        new Manifest.Counts(rows, 0, 0, 0, 0),
        Manifest.Comparison.NONE,
        List.of(committed));
  }

  private static WaveResult wave(int number, long rows, long tokens, long failed) {
    RunTotals totals =
        new RunTotals(
            counts(rows, tokens, failed),
            new TreeMap<>(Map.of("TOO_LONG", failed)),
            new TreeMap<>());
    return new WaveResult(number, 1, Instant.EPOCH, Duration.ZERO, totals);
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
    counted = counts(500, 9000, 7); // from an earlier query of the application
    meter.planned(plan(100, 2));
    meter.waveStarted(0, 2, 50);
    counted = counts(525, 9600, 8);
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
    meter.waveStarted(0, 2, 50);
    counted = counts(70, 1500, 3); // includes a retried task
    assertThat(progress().rows()).isEqualTo(50);
    meter.waveCommitted(wave(0, 50, 1000, 2));

    assertThat(progress().rows()).isEqualTo(50);
    assertThat(progress().tokens()).isEqualTo(1000);
    assertThat(progress().failed()).isEqualTo(2);
  }

  @Test
  void wavesOfAnEarlierProcessCountAsDoneButNotAsPace() {
    meter.planned(plan(100, 4, wave(0, 25, 500, 1), wave(1, 25, 500, 0)));
    assertThat(progress().rows()).isEqualTo(50);
    assertThat(progress().failed()).isEqualTo(1);
    assertThat(progress().secondsLeft()).isEmpty();

    meter.waveStarted(2, 3, 25);
    assertThat(progress().waves()).as("as far as is known now").isEqualTo(3);
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
