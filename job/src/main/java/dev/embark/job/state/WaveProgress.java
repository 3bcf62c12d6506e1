package dev.embark.job.state;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.embark.job.cli.RunTotals;
import java.util.ArrayList;
import java.util.List;

/**
 * Progress of a run through the parts of its input, which are committed in order, one or more in a
 * wave. Its size is bounded, however many waves there are: {@link WaveFiles} lists parts and
 * results.
 *
 * @param parts number of parts
 * @param rows rows of all parts
 * @param partsCommitted number of committed parts, which are the first ones; null in a log of
 *     layout 3, in which each part is a wave
 * @param committed number of committed waves
 * @param totals totals of the committed waves
 * @param recent results of the last committed waves, those that {@link WaveFiles} does not hold yet
 * @param ready the wave after the committed ones if it is computed; otherwise null
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record WaveProgress(
    @JsonAlias("waves") int parts,
    long rows,
    Integer partsCommitted,
    int committed,
    RunTotals totals,
    List<WaveResult> recent,
    @JsonInclude(JsonInclude.Include.NON_NULL) ReadyWave ready) {
  /** Completes the progress of layout 3. */
  public WaveProgress {
    partsCommitted = partsCommitted == null ? Integer.valueOf(committed) : partsCommitted;
  }

  /** Returns the progress of a run that has computed none of its parts. */
  public static WaveProgress planned(List<Wave> parts) {
    long rows = parts.stream().mapToLong(Wave::rows).sum();
    return new WaveProgress(parts.size(), rows, 0, 0, RunTotals.NONE, List.of(), null);
  }

  WaveProgress with(ReadyWave computed) {
    return new WaveProgress(parts, rows, partsCommitted, committed, totals, recent, computed);
  }

  WaveProgress with(WaveResult result) {
    List<WaveResult> more = new ArrayList<>(recent);
    more.add(result);
    return new WaveProgress(
        parts,
        rows,
        partsCommitted + result.parts(),
        committed + 1,
        totals.plus(result.totals()),
        more,
        null);
  }

  WaveProgress withRecent(List<WaveResult> fewer) {
    return new WaveProgress(
        parts, rows, partsCommitted, committed, totals, List.copyOf(fewer), ready);
  }

  /** Returns the number of parts that are not committed. */
  public int partsLeft() {
    return parts - partsCommitted;
  }
}
