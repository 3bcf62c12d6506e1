package dev.embark.job.state;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.embark.job.cli.RunTotals;
import java.util.ArrayList;
import java.util.List;

/**
 * Progress of a run through its waves, which are committed in order. Its size is bounded, however
 * many waves there are: {@link WaveFiles} lists the waves themselves.
 *
 * @param waves number of waves
 * @param rows rows of all waves
 * @param committed number of committed waves, which are the first ones
 * @param totals totals of the committed waves
 * @param recent results of the last committed waves, those that {@link WaveFiles} does not hold yet
 * @param ready the wave after the committed ones if it is computed; otherwise null
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record WaveProgress(
    int waves,
    long rows,
    int committed,
    RunTotals totals,
    List<WaveResult> recent,
    @JsonInclude(JsonInclude.Include.NON_NULL) ReadyWave ready) {
  /** Returns the progress of a run that has computed none of its waves. */
  public static WaveProgress planned(List<Wave> waves) {
    long rows = waves.stream().mapToLong(Wave::rows).sum();
    return new WaveProgress(waves.size(), rows, 0, RunTotals.NONE, List.of(), null);
  }

  WaveProgress with(ReadyWave computed) {
    return new WaveProgress(waves, rows, committed, totals, recent, computed);
  }

  WaveProgress with(WaveResult result) {
    List<WaveResult> more = new ArrayList<>(recent);
    more.add(result);
    return new WaveProgress(waves, rows, committed + 1, totals.plus(result.totals()), more, null);
  }

  WaveProgress withRecent(List<WaveResult> fewer) {
    return new WaveProgress(waves, rows, committed, totals, List.copyOf(fewer), ready);
  }
}
