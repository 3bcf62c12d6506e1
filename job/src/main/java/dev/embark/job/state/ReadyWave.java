package dev.embark.job.state;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.embark.job.cli.RunTotals;
import java.time.Duration;
import java.time.Instant;

/**
 * A wave that is computed into a folder hidden from readers; its commit may have started.
 *
 * @param number number of the wave, from 0
 * @param parts number of its parts; null in a log of layout 3, in which it is one
 * @param folder name of the wave's folder in the run folder
 * @param startMillis start time, in milliseconds since 1970
 * @param tookMillis milliseconds from the start until the wave was ready
 * @param totals row counts
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ReadyWave(
    int number, Integer parts, String folder, long startMillis, long tookMillis, RunTotals totals) {
  /** Completes a wave of layout 3. */
  public ReadyWave {
    parts = parts == null ? Integer.valueOf(1) : parts;
  }

  /**
   * Returns a wave that has just been computed.
   *
   * @param parts number of its parts
   */
  public static ReadyWave of(Wave wave, int parts, String folder, Instant start, RunTotals totals) {
    return new ReadyWave(
        wave.number(), parts, folder, start.toEpochMilli(), millisSince(start), totals);
  }

  /**
   * Returns the result of the wave once it is committed. Its duration excludes the time between a
   * crash and the next process.
   */
  public WaveResult committed(Instant publishStart) {
    return new WaveResult(
        number,
        parts,
        Instant.ofEpochMilli(startMillis),
        Duration.ofMillis(tookMillis + millisSince(publishStart)),
        totals);
  }

  private static long millisSince(Instant start) {
    return Duration.between(start, Instant.now()).toMillis();
  }
}
