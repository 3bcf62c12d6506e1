package dev.embark.job.state;

import java.util.List;

/**
 * What a run is going to do; known before the first text reaches the model.
 *
 * @param runId names the run, also after it was resumed
 * @param number of the run among those into its output, from 1
 * @param fingerprint of the model and the options that change a vector, in hex
 * @param waves how many waves there are
 * @param rows rows of all waves, those that are committed included
 * @param newRows of these, rows whose id is not in the output yet; all without --id-column
 * @param changedRows of these, rows whose id is in the output with another text
 * @param skippedRows rows of the input that are in the output already, and in no wave
 * @param deletedRows ids in the output that the input no longer has
 * @param committed waves that an earlier, interrupted process of this run committed
 */
public record RunPlan(
    String runId,
    int number,
    String fingerprint,
    int waves,
    long rows,
    long newRows,
    long changedRows,
    long skippedRows,
    long deletedRows,
    List<WaveResult> committed) {
  /** Of a run that ended before it was planned: without an id and a fingerprint. */
  public static final RunPlan NONE = new RunPlan("", 0, "", 0, 0, 0, 0, 0, 0, List.of());

  /** Whether an earlier process began this run. */
  public boolean isResumed() {
    return !committed.isEmpty();
  }
}
