package dev.embark.job.state;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.embark.engine.rows.RowCounts;
import dev.embark.job.cli.RunTotals;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Result of a committed wave.
 *
 * @param number from 0
 * @param parts number of parts of the input that form the wave
 * @param start start of its first task
 * @param took time until the wave was committed
 * @param totals row and token counts
 */
public record WaveResult(int number, int parts, Instant start, Duration took, RunTotals totals) {
  /** JSON form in the state folder; layout 3 has no parts, because each wave is one. */
  private record Stored(
      int number, Integer parts, long startMillis, long tookMillis, RunTotals totals) {}

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static WaveResult of(Stored stored) {
    return new WaveResult(
        stored.number,
        stored.parts == null ? 1 : stored.parts,
        Instant.ofEpochMilli(stored.startMillis),
        Duration.ofMillis(stored.tookMillis),
        stored.totals);
  }

  @JsonValue
  Stored stored() {
    return new Stored(number, parts, start.toEpochMilli(), took.toMillis(), totals);
  }

  /** Returns the counts of several waves. */
  public static RowCounts counts(List<WaveResult> waves) {
    return waves.stream().map(wave -> wave.totals.counts()).reduce(RowCounts.NONE, RowCounts::plus);
  }
}
